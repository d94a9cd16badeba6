/** Routes as rows: who may call, how often, with what, and where it goes. */

import { boundsOf, type WrittenLimit, type WrittenLimits } from '../guards/rate-limit/limit-schema.ts'
import type { ScopesBlock } from '../guards/scopes.ts'
import { builtinName } from '../handlers/builtin/builtin.ts'
import type { Block, Route } from '../policy/policy.ts'
import { methodsOfRoute } from '../policy/who.ts'

export interface Row {
  readonly route: string
  readonly host: string
  readonly who: string
  readonly scopes: string
  readonly limits: string
  readonly guards: string
  readonly to: string
  readonly source: string
}

/** What a person wants to see of one route. */
export function rowOf(route: Route): Row {
  const { file, line } = route.at.source.range(route.at.path, true)
  return {
    route: `${route.method} ${route.path}`,
    host: route.hosts.join(', '),
    who: describeWho(route),
    scopes: describeScopes(route.blocks.get('scopes')),
    limits: describeLimits(route.blocks.get('rateLimit'), route.reportOnly.includes('rateLimit')),
    guards: describeOthers(route),
    to: describeDestination(route),
    source: `${file}:${line}`,
  }
}

const describeWho = (route: Route): string =>
  methodsOfRoute(route)
    .map((method) => {
      const told = 'options' in method ? describeOptions(method.options as ToldOptions) : []
      return told.length === 0 ? method.kind : `${method.kind} (${told.join(', ')})`
    })
    .join(' or ')

interface ToldOptions {
  readonly issuers?: readonly string[] | undefined
  readonly acr?: string | readonly string[] | undefined
  readonly maxAge?: string | undefined
  readonly header?: string | undefined
  readonly allow?: readonly string[] | undefined
}

/** Whose, where, and how they logged in. */
const describeOptions = ({ issuers = [], acr = [], maxAge, header, allow = [] }: ToldOptions): readonly string[] => [
  ...issuers,
  ...allow,
  ...(header === undefined ? [] : [header]),
  ...(acr.length === 0 ? [] : [`acr ${[acr].flat().join(' | ')}`]),
  ...(maxAge === undefined ? [] : [`login within ${maxAge}`]),
]

function describeScopes(block: Block | undefined): string {
  const scopes = (block?.value ?? []) as ScopesBlock
  return 'any' in scopes ? scopes.any.join(' | ') : scopes.join(' + ')
}

function describeLimits(block: Block | undefined, reportOnly: boolean): string {
  const limits = (block?.value ?? []) as WrittenLimits
  const written = limits.map((limit) => `${describeLimit(limit)}/${limit.per} ${[limit.by].flat().join('+')}`)
  return `${written.join(', ')}${reportOnly ? ' (report only)' : ''}`
}

/** A number, or the least and the most that a plan may have. */
function describeLimit(limit: WrittenLimit): string {
  const numbers = boundsOf(limit).map((bound) => bound.limit)
  return [...new Set([Math.min(...numbers), Math.max(...numbers)])].join('-')
}

const told = new Set(['authenticate', 'scopes', 'rateLimit', 'headers', 'timeout'])

function describeOthers(route: Route): string {
  const names = [...route.blocks.values()]
    .filter(({ guard, value }) => !told.has(guard.name) && value !== guard.implicit)
    .map(({ guard }) => guard.name)
  return names.map((name) => (route.reportOnly.includes(name) ? `${name} (report only)` : name)).join(', ')
}

function describeDestination({ destinations: [destination] }: Route): string {
  const value = destination?.value
  if (destination === undefined) return ''
  if (destination.handler.name === 'upstream')
    return typeof value === 'string' ? value : String((value as { readonly url: string }).url)
  if (destination.handler.name === 'reply') return `reply ${(value as { readonly status?: number }).status ?? 200}`
  return destination.handler.name === 'builtin' ? describeBuiltin(value) : String(value)
}

const describeBuiltin = (value: unknown): string =>
  `builtin ${builtinName(value)}${typeof value === 'string' ? '' : ' (cookie)'}`

const columns = ['route', 'host', 'who', 'scopes', 'limits', 'guards', 'to', 'source'] as const

/** Aligned columns with a heading; columns that are empty throughout are left out. */
export function tableOf(rows: readonly Row[]): string {
  const filled = columns.filter((name) => rows.some((row) => row[name] !== ''))
  const lines = [filled.map((name) => name.toUpperCase()), ...rows.map((row) => filled.map((name) => row[name] || '-'))]
  const widths = filled.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)))
  const align = (line: readonly string[]) => line.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  ')
  return lines.map((line) => `${align(line).trimEnd()}\n`).join('')
}

/** One paragraph a route, for a terminal that is narrower than the table. */
export const paragraphsOf = (rows: readonly Row[]): string => rows.map(paragraphOf).join('\n')

function paragraphOf({ route, to, source, ...facts }: Row): string {
  const told = Object.entries(facts).filter(([, text]) => text !== '')
  const lines = [`${route} → ${to}`, ...told.map(([name, text]) => `  ${name.padEnd(6)} ${text}`), `  ${source}`]
  return lines.map((line) => `${line}\n`).join('')
}
