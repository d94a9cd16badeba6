/** The `csrf` guard: whose pages may change something with the cookie that a browser sends along by itself. */

import { deny } from '../../core/denial.ts'
import type { Exchange } from '../../core/exchange.ts'
import { isSafe } from '../../services/audit/entry.ts'
import { defineGuard, type Step } from '../guard.ts'
import { type CsrfBlock, checkCsrf, csrfRules, csrfSchema } from './csrf-block.ts'

const reject = (cause: string) => deny('csrf_rejected', { cause })
const otherSite = reject('`Sec-Fetch-Site` says that a page of another origin sent it, which `csrf` does not list')
const otherOrigin = reject('`Origin` is neither the host of the request nor listed by `csrf`')
const unsaid = reject('neither `Sec-Fetch-Site` nor `Origin` says whose page sent it')

export const csrf = defineGuard<CsrfBlock>({
  name: 'csrf',
  summary: 'Whose pages may change something with the cookie of a session.',
  example: 'csrf: { origins: [https://shop.example] }',
  schema: csrfSchema,
  hasOff: true,
  isOpen: (block) => block === 'off',
  reportable: true,
  refuses: ['csrf_rejected'],
  rules: csrfRules,
  check: checkCsrf,
  describe: (block, { route }) => ({ refusals: block === 'off' || isSafe(route.method) ? [] : ['csrf_rejected'] }),
  compile(block, { file, line, route }) {
    if (block === 'off' || isSafe(route.method)) return {}
    const listed = new Set(block.origins)
    const judge = (exchange: Exchange) => judgeSender(exchange, listed)
    const source = Object.freeze({ file, line })
    return { steps: [{ guard: 'csrf', gate: 'csrf', source, decide: csrfGuard(judge, route.beginsSession === true) }] }
  },
})

/** A caller who showed something else than a cookie was not sent by a page that knows nothing of it. */
const csrfGuard = (judge: Step['decide'], always: boolean): Step['decide'] =>
  function csrfGuard(exchange) {
    return isSafe(exchange.method) || !(always || exchange.credentialCookies.length > 0) ? undefined : judge(exchange)
  }

/** Browsers that send `Sec-Fetch-Site` know best; `Origin` tells of the others. Who says nothing is not let through. */
function judgeSender(exchange: Exchange, listed: ReadonlySet<string>) {
  const { origin, 'sec-fetch-site': site } = exchange.ctx.req.headers
  if (origin !== undefined && listed.has(origin)) return undefined
  if (site !== undefined) return site === 'same-origin' || site === 'none' ? undefined : otherSite
  if (origin === undefined) return unsaid
  return isOwn(origin, exchange) ? undefined : otherOrigin
}

/** A client that uses TLS has its own pages by TLS; else somebody in front may use it who does not say so. */
function isOwn(origin: string, { ctx, secure }: Exchange): boolean {
  const { host } = ctx.req.headers
  if (host === undefined) return false
  const schemes = secure ? ['https'] : ['https', 'http']
  return schemes.some((scheme) => originOf(`${scheme}://${host}`) === origin)
}

const originOf = (url: string): string | undefined => (URL.canParse(url) ? new URL(url).origin : undefined)
