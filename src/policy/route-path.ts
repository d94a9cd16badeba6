/** The path of a route: literal segments, `:name` parameters, at most one final `*name`. */

import { normaliseSegment } from '../core/path.ts'

export interface RoutePath {
  /** Prefix included; literals in the form that requests are matched in. */
  readonly path: string
  readonly params: readonly string[]
}

const parameter = /^[:*][A-Za-z_][A-Za-z0-9_]{0,63}$/
const reserved = new Set(['__proto__', 'constructor', 'prototype'])

/** Reads `prefix` + `path`; a text instead says what is wrong with it. */
export function readPath(prefix: string, path: string): RoutePath | string {
  if (!path.startsWith('/')) return `expected a path that starts with \`/\`, got \`${path}\``
  const whole = path === '/' && prefix !== '' ? prefix : prefix + path
  const written = whole.slice(1).split('/')
  const segments: string[] = []
  for (const [index, segment] of written.entries()) {
    const read = readSegment(segment, index === written.length - 1)
    if (typeof read !== 'string') return read.fault
    segments.push(read)
  }
  const params = segments.filter((segment) => /^[:*]/.test(segment)).map((segment) => segment.slice(1))
  const twice = params.find((name, index) => params.indexOf(name) !== index)
  if (twice !== undefined) return `the parameter \`${twice}\` stands twice`
  return { path: `/${segments.join('/')}`, params }
}

/** Reads a prefix, as paths below it are written; nothing for `/`. */
export function readPrefix(prefix: string): string | { readonly fault: string } {
  if (prefix === '/') return ''
  if (prefix.endsWith('/')) return { fault: `expected a prefix without a final \`/\`, got \`${prefix}\`` }
  const read = readPath('', prefix)
  if (typeof read === 'string') return { fault: read }
  const wildcard = read.params.find((name) => read.path.endsWith(`/*${name}`))
  return wildcard === undefined ? read.path : { fault: `expected no wildcard in a prefix, got \`*${wildcard}\`` }
}

function readSegment(segment: string, last: boolean): string | { readonly fault: string } {
  if (segment === '') return last ? '' : { fault: 'expected no empty segment (`//`)' }
  if (/^\{.*\}$/.test(segment)) return { fault: `expected \`:${segment.slice(1, -1)}\`, got \`${segment}\`` }
  if (!/[:*]/.test(segment)) return literal(segment)
  if (!parameter.test(segment))
    return { fault: `expected \`:name\` or \`*name\` as a whole segment, got \`${segment}\`` }
  if (reserved.has(segment.slice(1))) return { fault: `\`${segment.slice(1)}\` cannot name a parameter` }
  if (segment.startsWith('*') && !last) return { fault: `expected \`${segment}\` to be the last segment` }
  return segment
}

/** `%3Aid` would read as a parameter once it is brought to its one spelling. */
function literal(segment: string): string | { readonly fault: string } {
  if (/[?#]/.test(segment))
    return {
      fault: `expected no \`?\` or \`#\` in a path; parameters belong under \`input.query\`, got \`${segment}\``,
    }
  const normal = normaliseSegment(segment)
  if (typeof normal === 'string' && /^[:*]/.test(normal))
    return { fault: `expected no escaped \`:\` or \`*\`, got \`${segment}\`` }
  return typeof normal === 'string' ? normal : { fault: `no request can have the segment \`${segment}\`` }
}
