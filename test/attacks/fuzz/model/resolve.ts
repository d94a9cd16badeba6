/** The model's policies: every route by itself, with what it inherits. */

import type { Blocks, Cors, File, Input, Limit, Method, Policy, Route } from '../policy.ts'
import type { OwnedLimit } from './limits.ts'

export interface Resolved {
  readonly method: string
  readonly segments: readonly string[]
  readonly hosts: readonly string[]
  /** The segments of the file's prefix, which an upstream may put others in place of. */
  readonly prefix: readonly string[]
  readonly upstream: Exclude<Route['upstream'], undefined>
  readonly route: Route
  readonly authenticate: readonly Method[]
  readonly blocks: Omit<Blocks, 'rateLimit' | 'scopes' | 'authenticate'>
  readonly input: Input
  readonly cors: Cors | undefined
  readonly limits: readonly OwnedLimit[]
  readonly scopes: readonly string[] | { readonly any: readonly string[] }
}

interface Layer {
  readonly owner: string
  readonly blocks: Blocks
}

const split = (path: string): readonly string[] => path.split('/').filter((part) => part !== '')

export const resolve = (policy: Policy): readonly Resolved[] =>
  policy.files.flatMap((file) =>
    Object.entries(file.routes).map(([key, route]) => resolveRoute(policy, file, key, route)),
  )

function resolveRoute({ profiles }: Policy, file: File, key: string, route: Route): Resolved {
  const [method = '', path = ''] = key.split(' ')
  const profile = (name: string | undefined): Layer[] =>
    name === undefined ? [] : [{ owner: `profile ${name}`, blocks: profiles[name] ?? {} }]
  const layers: readonly Layer[] = [
    ...profile(file.defaults?.use),
    { owner: file.service, blocks: file.defaults ?? {} },
    ...profile(route.use),
    { owner: `${file.service} ${key}`, blocks: route },
  ]
  const blocks: Blocks = Object.assign({}, ...layers.map(({ blocks: own }) => own))
  const prefix = split(file.prefix ?? '')
  const own = path === '/' && prefix.length > 0 ? [] : path.slice(1).split('/').map(decodeURIComponent)
  return {
    method,
    segments: [...prefix, ...own],
    hosts: [file.host ?? []].flat(),
    prefix,
    upstream: route.upstream ?? file.upstream,
    route,
    authenticate: [blocks.authenticate ?? []].flat() as readonly Method[],
    blocks,
    input: blocks.input ?? {},
    cors: blocks.cors === 'off' ? undefined : blocks.cors,
    limits: layers.reduce<readonly OwnedLimit[]>(limitsAfter, []),
    scopes: layers.reduce<Resolved['scopes']>(scopesAfter, []),
  }
}

function limitsAfter(before: readonly OwnedLimit[], { owner, blocks: { rateLimit } }: Layer): readonly OwnedLimit[] {
  if (rateLimit === undefined) return before
  if (rateLimit === 'off') return []
  return rateLimit.flatMap((item: Limit | 'inherit') => (item === 'inherit' ? before : [{ owner, limit: item }]))
}

function scopesAfter(before: Resolved['scopes'], { blocks: { scopes } }: Layer): Resolved['scopes'] {
  if (scopes === undefined) return before
  if (scopes === 'off') return []
  if (!Array.isArray(scopes)) return scopes as { readonly any: readonly string[] }
  return scopes.flatMap((item: string) => (item === 'inherit' ? (before as readonly string[]) : [item]))
}

/** 0 literal, 1 parameter, 2 wildcard. */
const kindOf = (segment: string): string => (segment.startsWith(':') ? '1' : segment.startsWith('*') ? '2' : '0')

/** The parameters of a path that a route fits; undefined where it does not. */
export function paramsOf(
  { segments }: Resolved,
  path: readonly string[],
): Readonly<Record<string, string>> | undefined {
  const params: Record<string, string> = {}
  for (const [index, segment] of segments.entries()) {
    const part = path[index]
    if (part === undefined) return undefined
    if (segment.startsWith('*')) return { ...params, [segment.slice(1)]: path.slice(index).join('/') }
    if (segment.startsWith(':')) {
      if (part === '') return undefined
      params[segment.slice(1)] = part
    } else if (segment !== part) return undefined
  }
  return segments.length === path.length ? params : undefined
}

const hostRank = ({ hosts }: Resolved, host: string): number => {
  if (hosts.length === 0) return 2
  if (hosts.includes(host)) return 0
  return hosts.includes(host.replace(/^[^.]*/, '*')) ? 1 : 3
}

/** Whether any route answers this host. */
export const knowsHost = (routes: readonly Resolved[], host: string): boolean =>
  routes.some((route) => hostRank(route, host) < 3)

const methodRank = ({ method }: Resolved, asked: string): number => {
  if (method === asked) return 0
  if (method === 'GET' && asked === 'HEAD') return 1
  return method === 'ANY' && ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'].includes(asked) ? 2 : 3
}

export interface Place {
  readonly method: string
  readonly host: string
  readonly path: readonly string[]
}

/** The route that answers: the most specific path, then host, then method. */
export function find(routes: readonly Resolved[], { method, host, path }: Place): Resolved | undefined {
  const rank = (route: Resolved) =>
    `${route.segments.map(kindOf).join('')} ${hostRank(route, host)}${methodRank(route, method)}`
  return routes
    .filter(
      (route) => hostRank(route, host) < 3 && methodRank(route, method) < 3 && paramsOf(route, path) !== undefined,
    )
    .sort((one, other) => (rank(one) < rank(other) ? -1 : 1))[0]
}
