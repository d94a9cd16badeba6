/** The `headers` guard: the security headers of every answer, made by koa-helmet once and written as one flat list. */

import { type Amend, type HeaderSet, headerSet } from '../../core/answer.ts'
import { anonymous } from '../../core/principal.ts'
import type { Site } from '../../core/site.ts'
import type { Services } from '../../services/services.ts'
import { defineGuard, type Plan } from '../guard.ts'
import { checkHeaders, headersRules } from './check-headers.ts'
import { amendCookie } from './cookies.ts'
import { floorOf } from './floor.ts'
import { type HeadersBlock, type HeadersOptions, headersBlock, readOptions } from './headers-block.ts'
import { type HelmetChoices, helmetWith, readHelmet } from './helmet-options.ts'
import { privateCache } from './private-cache.ts'

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
  readonly open: Defaults
  readonly authenticated: Defaults
}

interface Defaults {
  readonly headers: HeaderSet
  /** What becomes of what the destination says. */
  readonly amends: ReadonlyMap<string, Amend>
}

interface Making {
  readonly set: Written
  readonly recorded: Written
  /** What holds whoever calls. */
  readonly amends: readonly (readonly [string, Amend])[]
}

const setsOf = ({ set, recorded, amends }: Making): Sets => ({
  forced: headerSet(set),
  open: { headers: headerSet(recorded), amends: new Map(amends) },
  authenticated: { headers: headerSet({ ...unshared, ...recorded }), amends: new Map([...amends, ...privateCache]) },
})

/** The headers for which the policy writes helmet's options itself. */
function insistedIn({ helmet }: HeadersOptions): ReadonlySet<string> {
  const names = Object.keys(readHelmet(helmet))
  return new Set(names.map((name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)))
}

function tellOnce({ file, line }: Site, { log }: Pick<Services, 'log'>): (why: string) => undefined {
  const told = new Set<string>()
  return (why) => {
    if (!told.has(why)) log.warn({ file, line, why }, 'a cookie of the destination was dropped')
    told.add(why)
    return undefined
  }
}

/** Helmet takes the banner of the framework away, unless it is told not to. */
function removedBy({ remove, helmet }: HeadersOptions): ReadonlySet<string> {
  const keepsBanner = readHelmet(helmet).xPoweredBy === false
  return new Set(keepsBanner ? lowerCased(remove) : ['x-powered-by', ...lowerCased(remove)])
}

type Amends = Making['amends']

/** HSTS in clear is not heard (RFC 6797 §7.2). */
const inClear: Amends = [['strict-transport-security', () => undefined]]

async function compileHeaders(
  block: HeadersBlock,
  drop: (why: string) => undefined,
): Promise<Required<Pick<Plan, 'head'>>> {
  const options = readOptions(block)
  const { set = {} } = options
  const recorded = await recordPreset(options)
  const floor = floorOf(recorded, insistedIn(options))
  const cookies = (isSecure: boolean): Amends => {
    const amend = amendCookie(options.cookies ?? {}, isSecure, drop)
    return amend === undefined ? [] : [['set-cookie', amend]]
  }
  const secure = setsOf({ set, recorded, amends: [...floor, ...cookies(true)] })
  const plain = setsOf({
    set: withoutHsts(set),
    recorded: withoutHsts(recorded),
    amends: [...floor, ...inClear, ...cookies(false)],
  })
  const removed = removedBy(options)
  return {
    head: function headersGuard(exchange, head) {
      const { forced, open, authenticated } = exchange.secure ? secure : plain
      const isOpen = exchange.principal === anonymous && exchange.credentials.length === 0
      const { headers, amends } = isOpen ? open : authenticated
      head.defaults.push(headers)
      head.amends.push(amends)
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
  compile: (block, site, services) => compileHeaders(block, tellOnce(site, services)),
})

let bare: Promise<NonNullable<Plan['head']>> | undefined

/** What the default writes, for answers that no route gives; made once. */
export const bareHead = (): Promise<NonNullable<Plan['head']>> => {
  bare ??= compileHeaders('api', () => undefined).then(({ head }) => head)
  return bare
}
