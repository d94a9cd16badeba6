/** Response headers that a destination is not heard with, whatever the policy says of others. */

/** By these a server tells what it is made of; no client needs them (OWASP Secure Headers Project). In lower case. */
export const banners: ReadonlySet<string> = new Set(
  `$wsep host-header k-proxy-request liferay-portal oraclecommercecloud-version pega-host powered-by server sourcemap via
  x-aspnet-version x-aspnetmvc-version x-atmosphere-error x-atmosphere-first-request x-atmosphere-tracking-id x-backend x-backend-server
  x-backside-transport x-beserver x-calculatedbetarget x-cf-powered-by x-cms x-cocoon-version x-content-encoded-by x-diaginfo x-drupal-cache
  x-drupal-dynamic-cache x-dtagentid x-dthealthcheck x-dtinjectedservlet x-envoy-attempt-count x-envoy-external-address x-envoy-internal
  x-envoy-original-dst-host x-envoy-upstream-service-time x-feserver x-framework x-generated-by x-generator x-jitsi-release x-joomla-version
  x-kubernetes-pf-flowschema-uid x-kubernetes-pf-prioritylevel-uid x-litespeed-cache x-litespeed-purge x-litespeed-tag x-litespeed-vary
  x-mod-pagespeed x-nextjs-matched-path x-oneagent-js-injection x-owa-version x-page-speed x-php-version x-powered-by-plesk x-powered-cms
  x-redirect-by x-runtime x-ruxit-js-agent x-server x-server-powered-by x-served-by x-sourcefiles x-sourcemap x-turbo-charged-by
  x-umbraco-version x-upstream x-varnish x-varnish-backend x-varnish-server`.split(/\s+/),
)

/** `Alt-Svc` would send clients past this server: to another one, that nothing guards (RFC 7838 §2). */
export const unheard: ReadonlySet<string> = new Set([...banners, 'alt-svc'])
