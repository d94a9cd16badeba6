/** Which route answers what: the operations of an OpenAPI document, each method of each path once. */

import type { Route } from '../policy.ts'

/** The methods of an OpenAPI path item that routes answer; HEAD only where a route names it. */
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/** A method of a path, and the route that answers it. */
interface Operation {
  readonly method: string
  readonly route: Route
}

/** The operations of one path; its parameters have the names that its first route gives them. */
export interface PathGroup {
  /** `/orders/{id}`. */
  readonly template: string
  readonly names: readonly string[]
  readonly operations: readonly Operation[]
}

/** `*.shop.example` for any of its direct subdomains. */
export const wildcardOf = (host: string): string => host.replace(/^[^.]*/, '*')

/** How exactly a route names a host, the best first; undefined where it does not answer it. */
function rankOf({ hosts }: Route, host: string): number | undefined {
  if (hosts.length === 0) return 2
  if (hosts.includes(host)) return 0
  return hosts.includes(wildcardOf(host)) ? 1 : undefined
}

/** Whether a route answers a host; lower case, without port. */
export const answersHost = (route: Route, host: string): boolean => rankOf(route, host) !== undefined

/** What a host answers, as the matcher would find it; without a host, all routes, whichever they are for. */
export function selectOperations(routes: readonly Route[], host?: string): readonly PathGroup[] {
  const ranked = routes.map((route) => ({ route, rank: host === undefined ? 0 : rankOf(route, host) }))
  const answering = ranked.filter(({ rank }) => rank !== undefined)
  const groups = Map.groupBy(answering, ({ route }) => shapeOf(route.path))
  return [...groups.values()].flatMap((group) => {
    const best = group.toSorted((a, b) => (a.rank ?? 0) - (b.rank ?? 0)).map(({ route }) => route)
    return groupOf(best)
  })
}

/** Of one shape: of the routes for the nearest host, the exact method before ANY. */
function groupOf(routes: readonly Route[]): readonly PathGroup[] {
  const [first] = routes
  if (first === undefined) return []
  const operations = methods.flatMap((method) => {
    const route = findRoute(routes, method)
    return route === undefined ? [] : [{ method, route }]
  })
  return [{ template: templateOf(first.path), names: first.params, operations }]
}

function findRoute(routes: readonly Route[], method: string): Route | undefined {
  for (const hosts of new Set(routes.map((route) => route.hosts.join()))) {
    const own = routes.filter((route) => route.hosts.join() === hosts)
    const route = own.find((candidate) => candidate.method === method) ?? own.find(answersAny(method))
    if (route !== undefined) return route
  }
  return undefined
}

const answersAny = (method: string) => (route: Route) => route.method === 'ANY' && method !== 'HEAD'

/** `/orders/:id` and `/orders/:key` are one path to OpenAPI, as they are here. */
const shapeOf = (path: string): string => path.replace(/(?<=\/)[:*][^/]*/g, (segment) => segment.charAt(0))

const templateOf = (path: string): string => path.replace(/(?<=\/)[:*]([^/]*)/g, '{$1}')

/** The hosts to choose from, where several routes for different hosts answer the same method of one path. */
export function rivalHosts(routes: readonly Route[]): readonly string[] {
  const groups = Map.groupBy(routes, ({ path }) => shapeOf(path))
  const rivals = [...groups.values()].filter(areRivals)
  return [...new Set(rivals.flat().flatMap(({ hosts }) => hosts))].sort()
}

const areRivals = (group: readonly Route[]): boolean =>
  group.some((a, index) =>
    group.slice(index + 1).some((b) => a.hosts.join() !== b.hosts.join() && shareMethod(a.method, b.method)),
  )

const shareMethod = (a: string, b: string): boolean => a === b || a === 'ANY' || b === 'ANY'

/** The route that answers a host with its document. */
export function documentRoute(routes: readonly Route[], host: string): Route | undefined {
  const operations = selectOperations(routes, host).flatMap((group) => group.operations)
  return operations.find(({ method, route }) => method === 'GET' && isDocument(route))?.route
}

/** A path with parameters is no address to fetch it from. */
const isDocument = ({ params, destinations }: Route): boolean =>
  params.length === 0 && destinations.some(({ handler, value }) => handler.name === 'builtin' && value === 'openapi')
