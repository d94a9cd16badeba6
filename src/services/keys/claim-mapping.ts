/** Makes a principal of a token's claims, as the issuer's `claims` say. */

import { freeze } from '../../core/freeze.ts'
import type { Principal } from '../../core/principal.ts'

type Claims = Readonly<Record<string, unknown>>
type Reader = (claims: Claims) => unknown

/** A principal, or nothing where the claims do not make one. */
export type ReadPrincipal = (claims: Claims) => Principal | undefined

const scopeToken = /^[\x21\x23-\x5B\x5D-\x7E]+$/
const maxIdLength = 255

/** Compiles the mapping; what it does not name stands where tokens usually have it. */
export function compileMapping(mapping: Readonly<Record<string, string>>, issuer: string): ReadPrincipal {
  const { id = 'sub', scopes, roles = 'roles', ...renamed } = mapping
  const [readId, readRoles] = [compilePath(id), compilePath(roles)]
  const readScopes = scopes === undefined ? readUsualScopes : compilePath(scopes)
  const renames = Object.entries(renamed).map(([name, path]) => ({ name, read: compilePath(path) }))
  return (claims) => {
    const principal = { id: readId(claims), scopes: asScopes(readScopes(claims)), roles: asRoles(readRoles(claims)) }
    if (!isId(principal.id) || principal.scopes === undefined || principal.roles === undefined) return undefined
    return freeze({
      id: principal.id,
      issuer,
      scopes: principal.scopes,
      roles: principal.roles,
      claims: rename(claims, renames),
    })
  }
}

/** Reads own members only: by name, or by JSON Pointer (RFC 6901). */
function compilePath(path: string): Reader {
  if (!path.startsWith('/')) return (claims) => member(claims, path)
  const names = path
    .slice(1)
    .split('/')
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
  return (claims) => names.reduce<unknown>(member, claims)
}

const member = (holder: unknown, name: string): unknown =>
  typeof holder === 'object' && holder !== null && Object.hasOwn(holder, name) ? (holder as Claims)[name] : undefined

/** `scope` of RFC 8693 §4.2, and what Auth0, Okta, Entra ID and others write; the first that is there. */
const readUsualScopes: Reader = (claims) =>
  ['scope', 'scopes', 'scp'].map((name) => member(claims, name)).find((value) => value !== undefined)

/** Scopes as text or list; anything that is not one scope token (RFC 6749 §3.3) would read differently elsewhere. */
function asScopes(value: unknown): readonly string[] | undefined {
  const scopes = typeof value === 'string' ? value.split(' ').filter((scope) => scope !== '') : (value ?? [])
  return isListOf(scopes, (scope) => scopeToken.test(scope)) ? scopes : undefined
}

const asRoles = (value: unknown): readonly string[] | undefined => {
  const roles = typeof value === 'string' ? [value] : (value ?? [])
  return isListOf(roles, isPlainText) ? roles : undefined
}

const isListOf = (value: unknown, accepts: (item: string) => boolean): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string' && accepts(item))

const isId = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= maxIdLength && isPlainText(value)

/** Text that a header, a log line and a counter's key can hold. */
const isPlainText = (text: string): boolean =>
  text !== '' && text.isWellFormed() && !/[\x00-\x1F\x7F-\x9F\u2028\u2029]/.test(text)

/** All claims under their own names; a name that the policy maps means the mapped claim and no other. */
function rename(claims: Claims, renames: readonly { readonly name: string; readonly read: Reader }[]): Claims {
  if (renames.length === 0) return claims
  const mapped = renames.map(({ name, read }) => [name, read(claims)] as const)
  const own = Object.entries(claims).filter(([name]) => !mapped.some(([taken]) => taken === name))
  return Object.fromEntries([...own, ...mapped.filter(([, value]) => value !== undefined)])
}
