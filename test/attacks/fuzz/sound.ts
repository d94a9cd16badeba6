/** Mends what `check` would refuse of a generated policy: expressions of nothing, scopes that nobody can have, dear requests. */

import { type Resolved, resolve } from './model/resolve.ts'
import type { Authorize, Limit, Policy, Route } from './policy.ts'

/** Whether an expression can have a value on this route. */
function isRead(text: unknown, { segments, input, authenticate }: Resolved): boolean {
  if (typeof text !== 'string' || !text.includes('${')) return true
  if (text.includes('params.id')) return segments.includes(':id')
  if (text.includes('query.q')) return input.query === 'any' || Object.hasOwn(input.query ?? {}, 'q')
  return !text.includes('user.') || !isPublic(authenticate)
}

const isPublic = (methods: Resolved['authenticate']): boolean => methods.every((method) => method === 'public')

function soundLimit(limit: Limit, resolved: Resolved): Limit {
  const by = [limit.by].flat().filter((each) => isRead(each, resolved))
  const key = by.length === 0 ? 'ip' : by.length === 1 ? (by[0] as string) : by
  const size = typeof limit.limit === 'object' && isPublic(resolved.authenticate) ? limit.limit.else : limit.limit
  return { ...limit, by: key, limit: size }
}

/** Without `inherit` where there is nothing to inherit. */
function soundLimits(route: Route, resolved: Resolved): Route['rateLimit'] {
  if (!Array.isArray(route.rateLimit)) return route.rateLimit
  const own = route.rateLimit.filter((item) => item !== 'inherit').map((item) => soundLimit(item as Limit, resolved))
  return resolved.limits.length > own.length ? ['inherit', ...own] : own
}

function soundAuthorize(authorize: Authorize, resolved: Resolved): Authorize {
  const resource = Object.entries(authorize.resource).map(([name, text]) => [
    name,
    isRead(text, resolved) ? text : 'ada',
  ])
  const { roles, ...rest } = authorize
  return {
    ...rest,
    resource: Object.fromEntries(resource),
    ...(roles !== undefined && isRead(roles, resolved) && isRead('${user.id}', resolved) && { roles }),
  }
}

/** The least that a route's limits have room for. */
const roomOf = ({ limits }: Resolved): number =>
  Math.min(
    ...limits.map(({ limit: { limit, burst } }) => {
      const sizes = typeof limit === 'number' ? [limit] : [...Object.values(limit.is), limit.else]
      return burst ?? Math.min(...sizes)
    }),
  )

const hasScopes = ({ scopes }: Resolved): boolean => 'any' in scopes || scopes.length > 0

function soundRoute(route: Route, resolved: Resolved): Route {
  const { cost, rateLimit, authorize, scopes, ...rest } = route
  const limits = soundLimits(route, resolved)
  const isDear = cost !== undefined && (resolved.limits.length === 0 || cost > roomOf(resolved))
  const isUngrantable = isPublic(resolved.authenticate)
  return {
    ...rest,
    ...(cost !== undefined && !isDear && { cost }),
    ...(limits !== undefined && { rateLimit: limits }),
    ...(typeof authorize === 'object' && { authorize: soundAuthorize(authorize, resolved) }),
    ...(isUngrantable ? (hasScopes(resolved) ? { scopes: 'off' as const } : {}) : scopes !== undefined && { scopes }),
  }
}

/** The policy as `check` takes it, most of the time. */
export function sound(policy: Policy): Policy {
  const resolved = resolve(policy)
  let at = 0
  const files = policy.files.map((file) => ({
    ...file,
    routes: Object.fromEntries(
      Object.entries(file.routes).map(([key, route]) => [key, soundRoute(route, resolved[at++] as Resolved)]),
    ),
  }))
  return { ...policy, files }
}
