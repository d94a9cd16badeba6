/** The `headers` guard: the security headers of every answer, made by koa-helmet once and written as one flat list. */

import { type HeaderSet, headerSet } from '../../core/answer.ts'
import { anonymous } from '../../core/principal.ts'
import { defineGuard, type Plan } from '../guard.ts'
import { checkHeaders, headersRules } from './check-headers.ts'
import { type HeadersBlock, type HeadersOptions, headersBlock, readOptions } from './headers-block.ts'
import { type HelmetChoices, helmetWith, readHelmet } from './helmet-options.ts'

/** `web` is helmet's own choice. What an `api` answers is no document: nothing of it may load, frame or be framed. */
const presets: Readonly<Record<'api' | 'web', HelmetChoices>> = {
  api: {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] },
    },
    xFrameOptions: { action: 'deny' },
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
  },
  web: {},
}

/** What a caller with a credential is answered is for nobody else's cache. */
const unshared = { 'Cache-Control': 'no-store' }

type Written = Readonly<Record<string, string>>

const lowerCased = (names: readonly string[] = []): string[] => names.map((name) => name.toLowerCase())

/**
 * What helmet sets under these options; what the block itself sets or removes stands before it on every head. Koa is
 * loaded here: `check` needs none.
 */
async function recordPreset({ use = 'api', helmet }: HeadersOptions): Promise<Written> {
  const { recordHeaders } = await import('../recording.ts')
  const merged = { ...presets[use], ...readHelmet(helmet) }
  return recordHeaders(helmetWith(merged), { method: 'GET', headers: {} })
}

/** HSTS is not to be sent in clear (RFC 6797 §7.2). */
const withoutHsts = (written: Written): Written =>
  Object.fromEntries(Object.entries(written).filter(([name]) => name.toLowerCase() !== 'strict-transport-security'))

/** What stands on the answers of one kind of connection. */
interface Sets {
  readonly forced: HeaderSet
  readonly open: HeaderSet
  readonly authenticated: HeaderSet
}

const setsOf = (set: Written, recorded: Written): Sets => ({
  forced: headerSet(set),
  open: headerSet(recorded),
  authenticated: headerSet({ ...unshared, ...recorded }),
})

/** Helmet takes the banner of the framework away, unless it is told not to. */
function removedBy({ remove, helmet }: HeadersOptions): ReadonlySet<string> {
  const keepsBanner = readHelmet(helmet).xPoweredBy === false
  return new Set(keepsBanner ? lowerCased(remove) : ['x-powered-by', ...lowerCased(remove)])
}

async function compileHeaders(block: HeadersBlock): Promise<Required<Pick<Plan, 'head'>>> {
  const options = readOptions(block)
  const { set = {} } = options
  const recorded = await recordPreset(options)
  const secure = setsOf(set, recorded)
  const plain = setsOf(withoutHsts(set), withoutHsts(recorded))
  const removed = removedBy(options)
  return {
    head: function headersGuard(exchange, head) {
      const { forced, open, authenticated } = exchange.secure ? secure : plain
      const isOpen = exchange.principal === anonymous && exchange.credentials.length === 0
      head.defaults.push(isOpen ? open : authenticated)
      head.removed.push(removed)
      if (forced.names.size > 0) head.forced.push(forced)
    },
  }
}

export const headers = defineGuard<HeadersBlock>({
  name: 'headers',
  summary: 'The security headers of every answer, refusals included; authenticated answers are not stored.',
  example: 'headers: { use: api, set: { X-Robots-Tag: noindex }, remove: [Server] }',
  schema: headersBlock,
  implicit: 'api',
  shared: true,
  refuses: [],
  rules: headersRules,
  check: checkHeaders,
  compile: compileHeaders,
})

let bare: Promise<NonNullable<Plan['head']>> | undefined

/** What the default writes, for answers that no route gives; made once. */
export const bareHead = (): Promise<NonNullable<Plan['head']>> => {
  bare ??= compileHeaders('api').then(({ head }) => head)
  return bare
}
