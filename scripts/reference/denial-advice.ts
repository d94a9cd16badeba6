/** What the reference says of each refusal beyond the catalogue; the type holds it complete. */

import type { Code } from '../../src/core/denial.ts'

interface Advice {
  /** Who refuses, where it is no block. */
  readonly stage?: string
  /** What the answer carries beside the usual headers. */
  readonly carries?: string
  readonly client: string
  readonly operator: string
}

const bearer = '`WWW-Authenticate: Bearer error="invalid_token"`'
const hygiene = 'hygiene, before a route is looked for'

export const denialAdvice: Readonly<Record<Code, Advice>> = {
  request_malformed: {
    stage: hygiene,
    carries: '`Connection: close` where the extent of the request is in doubt',
    client: 'Mend the request: the message names the rule. Sending it again is no use.',
    operator: 'Many of these from one client are a broken library, or somebody who tries request smuggling.',
  },
  token_missing: {
    carries: '`WWW-Authenticate: Bearer`',
    client: 'Send `Authorization: Bearer <token>`.',
    operator: 'The log says whether no header came or one of another scheme. Is a proxy in front removing it?',
  },
  token_expired: {
    carries: '`WWW-Authenticate: Bearer error="invalid_token", error_description="Token has expired"`',
    client: 'Get a new token and send the request again.',
    operator: 'Tokens that are refused as soon as they are made: compare the clocks, and see `leeway` of the issuer.',
  },
  token_invalid: {
    carries: bearer,
    client: 'Get a token of the right issuer, for this audience. Do not send the same one again.',
    operator: 'The `cause` in the log names the rule: issuer, audience, algorithm, key or signature.',
  },
  credential_missing: {
    carries: '`WWW-Authenticate` with what the route takes',
    client: 'Send the credential that the route asks for.',
    operator: 'A proxy in front may remove the header or the cookie that carries it.',
  },
  credential_invalid: {
    carries: '`WWW-Authenticate` with what the route takes',
    client: 'Get another credential, or log in again. Do not send the same one again.',
    operator: 'The `cause` in the log names the rule.',
  },
  credentials_invalid: {
    carries: '`WWW-Authenticate: Bearer`',
    client: 'Ask for name and password again.',
    operator: 'The `cause` says what was wrong. Many of one address are somebody who guesses.',
  },
  step_up_required: {
    carries: '`WWW-Authenticate: Bearer error="insufficient_user_authentication"`, with `acr_values` and `max_age`',
    client: 'Have the caller log in again at the issuer, with the `acr_values` and the `max_age` of the header.',
    operator:
      'The `cause` says which claim is at fault. Does the issuer write `acr` and `auth_time` into its access tokens?',
  },
  origin_denied: {
    carries: '`Vary`, and no `Access-Control-*`',
    client: 'Nothing: the page is not meant to call this API.',
    operator:
      'The `cause` says whether the origin, the method or a header is not listed; add it to `cors` if it should be.',
  },
  csrf_rejected: {
    client:
      'A page gets it from an origin that is not listed. A client that is no browser sends `Origin` with the address that it calls, or a bearer token in place of the cookie.',
    operator:
      'The log says which header refused it. List the origin of your own page in `csrf.origins`; behind a proxy, have it pass `Host` on.',
  },
  address_denied: {
    client: 'Call from a network that is allowed.',
    operator: 'Behind a proxy, name it in `settings.trustedProxies`: else its own address is judged.',
  },
  scope_missing: {
    carries: '`WWW-Authenticate: Bearer error="insufficient_scope", scope="…"`',
    client: 'Ask the issuer for a token with the scopes that the header names.',
    operator:
      'Compare the scopes of the token with `scopes`; they are compared whole. `claims.scopes` of the issuer says where they stand.',
  },
  forbidden: {
    client: 'Do not send it again: another token of the same person will not help.',
    operator:
      'The `cause` names the rule that forbids, or says that none allows. Look at `roles`, and at what `resource` supplies.',
  },
  route_unknown: {
    stage: 'the router',
    client: 'Check the path: a trailing slash is another path.',
    operator: '`portcullis routes` lists what there is. Nothing is passed on to an upstream that no route names.',
  },
  not_found: {
    client: 'Check the id. The resource is not there, or not for this caller.',
    operator: 'The log says which of the two: the loader found nothing, or `hide` stands for `forbidden`.',
  },
  method_not_allowed: {
    stage: 'the router',
    carries: '`Allow`',
    client: 'Use a method that `Allow` names.',
    operator: 'Add a route for the method, if it should be there.',
  },
  request_timeout: {
    stage: 'the listener',
    client: 'Send the request again, over a better connection.',
    operator: 'See `limits.headersTimeout` and `limits.requestTimeout`; many at once are a slow-request attack.',
  },
  body_too_large: {
    carries: '`Connection: close` where it grew beyond the bound while it was read',
    client: 'Send less.',
    operator: '`input.maxBytes` of the route, or `settings.limits.body`.',
  },
  uri_too_long: {
    stage: hygiene,
    client: 'Put long input into a body.',
    operator: 'The bound is fixed. Look for a client that puts data into the query.',
  },
  media_type_unsupported: {
    carries: '`Accept`, or `Accept-Encoding: identity`',
    client: 'Send a type that `Accept` names, in UTF-8, without a content coding.',
    operator: '`input.contentTypes` of the route.',
  },
  host_unknown: {
    stage: 'the router',
    client: 'Use the name of the service.',
    operator: 'See `host` in the policy files. Is a proxy in front rewriting `Host`?',
  },
  input_invalid: {
    client: 'Mend what `details` names: part, JSON Pointer, keyword.',
    operator:
      'A client that is right by its own documents: compare them with `input`. `reportOnly: [input]` tries a stricter schema out.',
  },
  account_locked: {
    carries: '`Retry-After`',
    client: 'Wait for `Retry-After`, then ask again; after 100 failures in a row only the operator helps.',
    operator:
      '`portcullis users unlock NAME` lets an account in again. Behind a proxy that is not trusted, all clients are one address.',
  },
  rate_limited: {
    carries: '`Retry-After`, `X-RateLimit-*`, `RateLimit-Policy`, `RateLimit`',
    client: 'Wait for `Retry-After` seconds: that suffices, one second less does not.',
    operator: 'The `cause` names the limit. Behind a proxy that is not trusted, all clients are one address.',
  },
  headers_too_large: {
    stage: 'the listener',
    client: 'Send fewer or shorter headers; cookies are the usual reason.',
    operator: '`settings.limits.headers`.',
  },
  internal_error: {
    stage: 'whatever broke',
    client: 'Tell the operator the `requestId`.',
    operator: 'The log has the error and its stack under the request id.',
  },
  tls_required: {
    stage: 'the listener of `listen.redirectFrom`, or `builtin: { login: cookie }` itself',
    client: 'Call `https:`. Take what was sent in clear, such as a token, for known to others: have it replaced.',
    operator:
      'Some client has `http:` in its configuration. Where it is a login behind a proxy that ends TLS, name the proxy in `settings.trustedProxies`.',
  },
  upgrade_unsupported: {
    stage: hygiene,
    client: 'Use plain HTTP.',
    operator: 'WebSockets do not pass through this server.',
  },
  upstream_failed: {
    client: 'Try again later, if the method is safe to repeat.',
    operator:
      'The `cause` has the error: refused, reset, name not found, certificate; or why an answer that `authorize` is to cut could not be.',
  },
  overloaded: {
    stage: 'the listener, or once the route is met',
    carries: '`Retry-After`',
    client: 'Wait for `Retry-After`, then try again.',
    operator:
      '`portcullis_shed_total` names the limit. `connections`: are they left open by a client or a proxy? `requests`: is a destination slow? `eventLoopDelay`: this process has too much to compute; add nodes or workers. `concurrency`: the `cause` names the limit; is its destination slow?',
  },
  audit_unavailable: {
    carries: '`Retry-After`',
    client:
      'Wait for `Retry-After`, then try again. A request that is safe to read may have been carried out, one that changes something was not.',
    operator:
      'The log cannot be written: the disk is full, read-only or gone. `ready` answers `degraded`, the server log says why; see `settings.audit.dir`.',
  },
  starting: {
    stage: 'the app that the gate is mounted in',
    carries: '`Retry-After`',
    client: 'Wait for `Retry-After`, then try again.',
    operator:
      'The app took requests before the policies were opened: await `open` before it listens. If it stays, the log says what failed.',
  },
  state_unavailable: {
    carries: '`Retry-After`',
    client: 'Wait for `Retry-After`, then try again.',
    operator:
      'Redis does not answer; `ready` answers `degraded`, the log says why. The `cause` names the limit: with `onStoreFailure: local` each node would count by itself meanwhile.',
  },
  keys_unavailable: {
    carries: '`Retry-After`',
    client: 'Wait for `Retry-After`, then try again with the same token.',
    operator:
      'The address in `jwks` could not be reached since the start; `ready` answers `degraded`. The log says why.',
  },
  shutting_down: {
    stage: 'the listener, or a gate that is closed',
    carries: '`Retry-After`',
    client: 'Try again: another server takes over.',
    operator:
      'Requests that are still running `settings.shutdown.grace` after SIGTERM get this. Take the server out of rotation by `ready` first.',
  },
  upstream_timeout: {
    client: 'Try again later, if the method is safe to repeat.',
    operator: 'The destination or loader is slow, or `timeout.head` is too short for it.',
  },
}
