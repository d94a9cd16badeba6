/** The model: a policy read front to back for each request, as simply as it can be said. */

import type { Principal } from '../credentials.ts'
import type { Policy } from '../policy.ts'
import { authenticate, type Caller, missingCode, type Terms } from './authenticate.ts'
import { preflight } from './cors.ts'
import { sentByOwnPage } from './csrf.ts'
import type { Facts } from './expression.ts'
import { type Accepted, judgeInput } from './input.ts'
import { Limits, stageOf } from './limits.ts'
import { clientOf, isInside } from './network.ts'
import { type Asked, headerOf, readTarget, type Target } from './request.ts'
import { find, knowsHost, paramsOf, type Resolved, resolve } from './resolve.ts'
import { allows } from './roles.ts'

/** What has to reach the destination. */
export interface Passed {
  readonly route: Resolved
  readonly target: Target
  readonly ip: string
  readonly principal: Principal | undefined
  readonly facts: Facts
  readonly sanitised: Accepted['sanitised']
}

export interface Verdict {
  /** A code of the catalogue; none where the request is let through, or answered. */
  readonly code?: string
  /** What is answered without a destination. */
  readonly status?: number
  readonly passed?: Passed
  /** The route that was met, by which the answer's head is judged. */
  readonly route?: Resolved
}

const safe = ['GET', 'HEAD', 'OPTIONS']
const known = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']

export class Model {
  readonly #policy: Policy
  readonly #routes: readonly Resolved[]
  readonly #limits = new Limits()
  readonly #accounts: Terms['accounts']

  constructor(policy: Policy, accounts: Terms['accounts']) {
    this.#policy = policy
    this.#routes = resolve(policy)
    this.#accounts = accounts
  }

  /** What has to become of a request at this moment; what it uses up of the limits is remembered. */
  decide(asked: Asked, now: number): Verdict {
    const target = readTarget(asked)
    if (typeof target === 'string') return { code: target }
    const host = hostOf(asked)
    if (host === undefined) return { code: 'request_malformed' }
    const place = { method: asked.method, host, path: target.segments }
    const route = find(this.#routes, place)
    if (route === undefined) return this.#detour(asked, { host, path: target.segments })
    return { route, ...this.#judge({ asked, target, route, now }) }
  }

  #detour(asked: Asked, { host, path }: { readonly host: string; readonly path: readonly string[] }): Verdict {
    if (!knowsHost(this.#routes, host)) return { code: 'host_unknown' }
    const answering = known.flatMap((method) => {
      const route = find(this.#routes, { method, host, path })
      return route === undefined ? [] : [{ method, route }]
    })
    if (answering.length > 0 && asked.method === 'OPTIONS') return preflight(asked, answering)
    const isRefused = asked.method === 'TRACE' || asked.method === 'CONNECT'
    return { code: answering.length > 0 || isRefused ? 'method_not_allowed' : 'route_unknown' }
  }

  #judge({ asked, target, route, now }: Met): Verdict {
    const { blocks, route: own, limits } = route
    const reports = (guard: string) => own.reportOnly?.includes(guard) === true
    const ip = clientOf(asked, this.#policy.settings.trustedProxies ?? [])
    const params = paramsOf(route, target.segments) ?? {}
    const empty = { ip, user: undefined, params, query: {}, headers: {}, body: undefined }
    const take = (stage: string, facts: Facts) => {
      const own = limits.filter((owned) => stageOf(owned) === stage)
      return this.#limits.take(own, facts, { cost: route.route.cost ?? 1, now }) || reports('rateLimit')
    }
    if (Array.isArray(blocks.network) && !isInside(ip, blocks.network)) return { code: 'address_denied' }
    if (!take('ip', empty)) return { code: 'rate_limited' }
    const caller = authenticate(asked, route.authenticate, { accounts: this.#accounts, now })
    if (typeof caller === 'string') return { code: caller }
    if (!this.#mayChange(asked, route, caller) && !reports('csrf')) return { code: 'csrf_rejected' }
    const facts = { ...empty, user: caller.principal }
    if (!take('user', facts)) return { code: 'rate_limited' }
    const lacking = lackingScope(route, caller.principal)
    if (lacking !== undefined && !reports('scopes')) return { code: lacking }
    const input = judgeInput({ asked, target, params, schemas: this.#policy.schemas }, route.input)
    if (typeof input === 'string' && !reports('input')) return { code: input }
    const seen = typeof input === 'string' ? { ...facts, headers: headersOf(asked) } : { ...facts, ...input }
    if (!take('input', seen)) return { code: 'rate_limited' }
    if (!this.#allows(route, seen) && !reports('authorize')) return { code: refusalOf(route) }
    if (own.reply !== undefined) return { status: own.reply.status }
    const sanitised = typeof input === 'string' ? {} : input.sanitised
    return { passed: { route, target, ip, principal: caller.principal, facts: seen, sanitised } }
  }

  #mayChange(asked: Asked, { blocks: { csrf } }: Resolved, { byCookie }: Caller): boolean {
    if (csrf === 'off' || !byCookie || safe.includes(asked.method)) return true
    return sentByOwnPage(asked, csrf?.origins ?? [])
  }

  #allows({ blocks: { authorize } }: Resolved, facts: Facts): boolean {
    if (authorize === undefined || authorize === 'off') return true
    return allows(this.#policy.roles, authorize, { names: rolesOf(authorize.roles, facts), facts })
  }
}

interface Met {
  readonly asked: Asked
  readonly target: Target
  readonly route: Resolved
  readonly now: number
}

/** Lower case, without its port; undefined where it is none. */
function hostOf(asked: Asked): string | undefined {
  if (asked.isOld === true && headerOf(asked, 'host') === undefined) return ''
  const [, name] = /^([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)\.?(?::[0-9]{1,5})?$/i.exec(headerOf(asked, 'host') ?? '') ?? []
  return name?.toLowerCase()
}

const headersOf = (asked: Asked): Readonly<Record<string, string>> =>
  Object.fromEntries(asked.headers.map(([name]) => [name.toLowerCase(), headerOf(asked, name.toLowerCase()) ?? '']))

function lackingScope(
  { scopes, authenticate: methods }: Resolved,
  principal: Principal | undefined,
): string | undefined {
  const isWanted = Array.isArray(scopes) ? scopes.length > 0 : true
  if (!isWanted) return undefined
  const has = (name: string) => principal?.scopes.includes(name) === true
  const suffices = 'any' in scopes ? scopes.any.some(has) : scopes.every(has)
  if (suffices) return undefined
  return principal === undefined ? missingCode(methods) : 'scope_missing'
}

const refusalOf = ({ blocks: { authorize } }: Resolved): string =>
  typeof authorize === 'object' && authorize.hide === true ? 'not_found' : 'forbidden'

function rolesOf(expression: string | undefined, { user, params }: Facts): readonly string[] {
  if (expression === undefined) return user?.roles ?? ['anonymous']
  const orgs = user?.claims.orgs as Readonly<Record<string, unknown>> | undefined
  const name = String(params.id)
  return orgs !== undefined && Object.hasOwn(orgs, name) ? ([orgs[name]].flat() as readonly string[]) : []
}
