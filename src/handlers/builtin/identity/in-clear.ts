/** A login by cookie that came in clear: no browser would keep its cookie, which is `Secure` (RFC 6265bis §5.7). */

import { isLoopbackHost } from '../../../core/address.ts'
import { type Denial, deny } from '../../../core/denial.ts'
import type { Exchange } from '../../../core/exchange.ts'

const inClear = deny('tls_required', {
  cause:
    'a browser keeps no session of a page in clear: give the listener `tls`, or name the proxy that ends TLS in `settings.trustedProxies`',
})

/** Nothing where the cookie can be kept, as far as anybody can tell. */
export function refuseInClear({ secure, host, ctx }: Exchange): Denial | undefined {
  // Browsers trust the machine that they run on.
  if (secure || isLoopbackHost(host) || host.endsWith('.localhost')) return undefined
  // Somebody in front may use TLS who does not say so. A browser does: in clear it sends no `Sec-Fetch-Site`.
  const { origin, 'sec-fetch-site': site } = ctx.req.headers
  return site !== undefined || origin?.startsWith('https://') === true ? undefined : inClear
}
