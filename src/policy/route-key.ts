/** The key of a route: `METHOD /path`. */

import type { Rules } from '../core/diagnostic.ts'
import { suggest } from '../core/suggest.ts'
import type { Finding } from './findings.ts'
import { type RoutePath, readPath } from './route-path.ts'
import type { Place } from './source.ts'

export const routeKeyRules: Rules = {
  'routes/invalid-key': {
    severity: 'error',
    cause: 'A route is named by its method and path.',
    hint: 'write `METHOD /path`, with METHOD one of GET, HEAD, POST, PUT, PATCH, DELETE or ANY',
  },
  'routes/invalid-path': {
    severity: 'error',
    cause: 'A path has literal segments, `:name` parameters and at most one final `*name`.',
    hint: 'write it such as `/orders/:id/lines` or `/files/*rest`',
  },
}

export const methods: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'ANY']

interface RouteKey {
  readonly method: string
  readonly path: RoutePath
}

/** Reads a key below `prefix`; what is wrong with it is reported. */
export function readKey(
  key: string,
  prefix: string,
  at: Place,
  report: (finding: Finding) => void,
): RouteKey | undefined {
  const [, method = '', written = ''] = /^([A-Z]+) (\/\S*)$/.exec(key) ?? []
  if (!methods.includes(method)) {
    report({
      rule: 'routes/invalid-key',
      at,
      onKey: true,
      message: `expected \`METHOD /path\`, got \`${key}\``,
      hint: hintFor(key),
    })
    return undefined
  }
  const path = readPath(prefix, written)
  if (typeof path !== 'string') return { method, path }
  report({ rule: 'routes/invalid-path', at, onKey: true, message: path })
  return undefined
}

function hintFor(key: string): string | undefined {
  const [first = '', second = '', ...others] = key.split(/\s+/)
  const upper = first.toUpperCase()
  if (upper === 'OPTIONS') return 'OPTIONS is answered by the engine, from `cors` and the methods of the path'
  const near = methods.includes(upper) ? upper : suggest(upper, methods)
  if (near === undefined) return undefined
  if (others.length > 0) return 'write a space in a path as `%20`'
  return `did you mean \`${near} ${second.startsWith('/') ? second : `/${second}`}\`?`
}
