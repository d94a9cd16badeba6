/** A path template as the path of a route. */

import { readPath } from '../../policy/route-path.ts'
import { parameterName } from './names.ts'

export interface RoutePath {
  readonly path: string
  /** Parameter of the template → parameter of the route. */
  readonly params: ReadonlyMap<string, string>
  /** One for all paths that answer the same requests. */
  readonly shape: string
}

/** A text instead says why the language has no such path. */
export function convertPath(template: string, prefix: string): RoutePath | string {
  if (!template.startsWith('/')) return 'a path begins with `/`'
  const params = new Map<string, string>()
  const segments: string[] = []
  for (const segment of template.slice(1).split('/')) {
    const name = /^\{([^{}]+)\}$/.exec(segment)?.[1]
    if (name === undefined && /[{}]/.test(segment)) return `a parameter is a whole segment, and \`${segment}\` is not`
    if (name === undefined && /[:*]/.test(segment)) return `\`:\` and \`*\` have a meaning in a path: \`${segment}\``
    segments.push(name === undefined ? segment : `:${nameOf(name, params)}`)
  }
  const path = `/${segments.join('/')}`
  const read = readPath(prefix, path)
  if (typeof read === 'string') return read
  return { path, params, shape: read.path.replace(/(?<=\/):[^/]*/g, ':') }
}

function nameOf(written: string, params: Map<string, string>): string {
  const name = parameterName(written)
  params.set(written, name)
  return name
}
