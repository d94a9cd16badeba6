/** Who can call a route, by its `authenticate` block. */

import { type AuthenticateBlock, type Method, type MethodOf, methodsOf } from '../guards/authenticate/method.ts'
import { isIdentityIssuer, type NamedIssuer } from '../services/identity/identity-issuer.ts'
import { issuerClaim } from '../services/keys/issuer.ts'
import type { Policy, Route } from './policy.ts'

/** How a route takes tokens. */
export const tokenMethodsOf = (route: Route): readonly MethodOf<'jwt'>[] =>
  methodsOfRoute(route).filter((method) => method.kind === 'jwt')

/** How a route takes client certificates. */
export const certificateMethodsOf = (route: Route): readonly MethodOf<'mtls'>[] =>
  methodsOfRoute(route).filter((method) => method.kind === 'mtls')

/** The kinds of credential, tokens apart, that stand for an account of this server. */
const accountKinds: readonly Method['kind'][] = ['apiKey', 'session']

/** How a route takes credentials of accounts that are no tokens. */
export const accountMethodsOf = (route: Route): readonly Method[] =>
  methodsOfRoute(route).filter(({ kind }) => accountKinds.includes(kind))

/** The methods of a route; none where it does not say, or says it wrongly. */
export function methodsOfRoute({ blocks }: Route): readonly Method[] {
  const block = blocks.get('authenticate')
  return block === undefined ? [] : methodsOf(block.value as AuthenticateBlock)
}

/** Whether a caller without any credential is let through. */
export const isPublic = (route: Route): boolean => methodsOfRoute(route).some(({ kind }) => kind === 'public')

/** Whether no caller ever has a credential here. */
export function isOnlyPublic(route: Route): boolean {
  const methods = methodsOfRoute(route)
  return methods.length > 0 && methods.every(({ kind }) => kind === 'public')
}

/** Whether no caller ever has a scope or a role of its own here: nobody grants one to who signs a webhook. */
export function isWithoutGrants(route: Route): boolean {
  const methods = methodsOfRoute(route)
  return methods.length > 0 && methods.every(({ kind }) => kind === 'public' || kind === 'signature')
}

/** The issuers whose tokens a route accepts, of those that are declared. */
export function tokenIssuersOf(route: Route, issuers: readonly NamedIssuer[]): readonly string[] {
  const declared = issuers.map(({ name }) => name)
  return [...new Set(tokenMethodsOf(route).flatMap(({ options }) => options.issuers ?? declared))]
}

/** The issuers whose principals can call a route, by a token or by another credential of an account. */
export const issuersOf = (route: Route, issuers: readonly NamedIssuer[]): readonly string[] => [
  ...new Set([...tokenIssuersOf(route, issuers), ...accountIssuersOf(route, issuers)]),
]

const accountIssuersOf = (route: Route, issuers: readonly NamedIssuer[]): readonly string[] =>
  accountMethodsOf(route).length === 0 ? [] : issuers.filter(isIdentityIssuer).map(({ name }) => name)

/** The issuers that a route names, where they are several: each may give the same id to another principal. */
export function rivalIssuers(route: Route, { issuers }: Policy): readonly string[] {
  const certified = certificateMethodsOf(route).map(({ kind }) => kind)
  const declared = certified.length === 0 ? [] : issuers
  const named = [...tokenIssuersOf(route, declared), ...accountIssuersOf(route, issuers)]
  const known = issuers.filter(({ name }) => named.includes(name))
  const claims = new Set(known.map(({ name, value }) => issuerClaim(name, value)))
  return claims.size + certified.length > 1 ? [...known.map(({ name }) => name), ...certified] : []
}
