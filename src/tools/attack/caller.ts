/** Who makes the good requests of a route: the first way in for which something is at hand. */

import { kinds, type Method } from '../../guards/authenticate/method.ts'
import type { Policy, Route } from '../../policy/policy.ts'
import { methodsOfRoute, tokenIssuersOf } from '../../policy/who.ts'
import type { Forge, Wishes } from './forge.ts'
import type { Field } from './probe.ts'

export interface Caller {
  /** Whose token it shows; none where it shows something else, or nothing. */
  readonly issuer: string | undefined
  /** The fields of the request that carry the credential. */
  fields(wishes: Wishes): readonly Field[]
}

const nobody: Caller = { issuer: undefined, fields: () => [] }

/** Nobody where the route is open to anyone; undefined where it asks for what is not at hand. */
export function callerOf(route: Route, { issuers }: Policy, forge: Forge): Caller | undefined {
  const accepted = tokenIssuersOf(route, issuers)
  for (const method of methodsOfRoute(route)) {
    const caller = callerBy(method, accepted, forge)
    if (caller !== undefined) return caller
  }
  return undefined
}

function callerBy(method: Method, issuers: readonly string[], forge: Forge): Caller | undefined {
  if (method.kind === 'public') return nobody
  if (method.kind === 'jwt') {
    // No certificate of a client is at hand.
    if (method.options.bind !== undefined) return undefined
    const issuer = issuers.find((name) => forge.good(name) !== undefined)
    return issuer === undefined ? undefined : { issuer, fields: (wishes) => bearer(forge.good(issuer, wishes)) }
  }
  const field = fieldOf(method, forge)
  return field && { issuer: undefined, fields: () => [field] }
}

const bearer = (token: string | undefined): readonly Field[] =>
  token === undefined ? [] : [['Authorization', `Bearer ${token}`]]

function fieldOf(method: Exclude<Method, { readonly kind: 'public' | 'jwt' }>, { accounts }: Forge): Field | undefined {
  const { apiKey, session } = accounts
  if (method.kind === 'apiKey') return apiKey === undefined ? undefined : [nameOf(method), apiKey]
  if (method.kind === 'session') return session === undefined ? undefined : ['Cookie', `${nameOf(method)}=${session}`]
  return undefined
}

/** The header or the cookie that carries it. */
export function nameOf(method: Exclude<Method, { readonly kind: 'public' | 'jwt' }>): string {
  const way = (kinds[method.kind].describe as (options: unknown) => { readonly name: string })(method.options)
  return way.name
}
