/** The ways to authenticate that an `authenticate` block lists. */

import type { Path } from '../schema/schema.ts'
import type { Route } from './policy.ts'

export interface Method {
  /** `public`, `jwt`, … */
  readonly kind: string
  /** Of `jwt`: those it names; undefined for the only one there is. */
  readonly issuers: readonly string[] | undefined
  /** Of `jwt`: those it narrows to; undefined for those of its issuers. */
  readonly audience: readonly string[] | undefined
  /** Where its options stand in the block. */
  readonly path: Path
}

interface JwtOptions {
  readonly issuers?: readonly string[]
  readonly audience?: string | readonly string[]
}

/** A block that fits its schema, as a list of methods. */
export function methodsOf(value: unknown, path: Path = []): readonly Method[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => methodsOf(item, [...path, index]))
  if (typeof value === 'string') return [{ kind: value, issuers: undefined, audience: undefined, path }]
  return Object.entries((value ?? {}) as Readonly<Record<string, JwtOptions | null>>).map(([kind, options]) => ({
    kind,
    issuers: options?.issuers,
    audience: options?.audience === undefined ? undefined : [options.audience].flat(),
    path: [...path, kind],
  }))
}

/** The methods of a route. */
export const methodsOfRoute = (route: Route): readonly Method[] => methodsOf(route.blocks.get('authenticate')?.value)

/** Whether a caller without any credential is let through. */
export const isPublic = (route: Route): boolean => methodsOfRoute(route).some(({ kind }) => kind === 'public')

/** Whether no caller ever has a credential here. */
export function isOnlyPublic(route: Route): boolean {
  const methods = methodsOfRoute(route)
  return methods.length > 0 && methods.every(({ kind }) => kind === 'public')
}

/** The issuers whose tokens a route accepts, of those that are declared. */
export function issuersOf(route: Route, declared: readonly string[]): readonly string[] {
  const jwt = methodsOfRoute(route).filter(({ kind }) => kind === 'jwt')
  return [...new Set(jwt.flatMap(({ issuers }) => issuers ?? declared))]
}
