/** The ways to authenticate that an `authenticate` block lists. */

import type { Route } from './policy.ts'

export interface Method {
  /** `public`, `jwt`, … */
  readonly kind: string
  /** Of `jwt`: those it names; undefined for the only one there is. */
  readonly issuers: readonly string[] | undefined
}

/** A block that fits its schema, as a list of methods. */
export function methodsOf(value: unknown): readonly Method[] {
  if (Array.isArray(value)) return value.flatMap(methodsOf)
  if (typeof value === 'string') return [{ kind: value, issuers: undefined }]
  return Object.entries(value ?? {}).map(([kind, options]) => ({
    kind,
    issuers: (options as { readonly issuers?: readonly string[] } | null)?.issuers,
  }))
}

const methodsOfRoute = (route: Route): readonly Method[] => methodsOf(route.blocks.get('authenticate')?.value)

/** Whether a caller without any credential is let through. */
export const isPublic = (route: Route): boolean => methodsOfRoute(route).some(({ kind }) => kind === 'public')

/** Whether no caller ever has a credential here. */
export const isOnlyPublic = (route: Route): boolean => isPublic(route) && methodsOfRoute(route).length === 1

/** The issuers whose tokens a route accepts, of those that are declared. */
export function issuersOf(route: Route, declared: readonly string[]): readonly string[] {
  const jwt = methodsOfRoute(route).filter(({ kind }) => kind === 'jwt')
  return [...new Set(jwt.flatMap(({ issuers }) => issuers ?? declared))]
}
