/** Routes as rows: who may call, how often, with what, and where it goes. */

import type { Block, Route } from '../policy/policy.ts'

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
    who: describeWho(route.blocks.get('authenticate')?.value),
    scopes: describeScopes(route.blocks.get('scopes')?.value),
    limits: describeLimits(route.blocks.get('rateLimit'), route.reportOnly.includes('rateLimit')),
    guards: describeOthers(route),
    to: describeDestination(route),
    source: `${file}:${line}`,
  }
}

function describeWho(value: unknown): string {
  if (Array.isArray(value)) return value.map(describeWho).join(' or ')
  if (typeof value === 'string') return value
  const { jwt } = (value ?? {}) as { readonly jwt?: { readonly issuers?: readonly string[] } }
  return jwt?.issuers ? `jwt (${jwt.issuers.join(', ')})` : 'jwt'
}

function describeScopes(value: unknown): string {
  if (Array.isArray(value)) return value.join(' + ')
  const { any } = (value ?? {}) as { readonly any?: readonly string[] }
  return any?.join(' | ') ?? ''
}

interface WrittenLimit {
  readonly by: string | readonly string[]
  readonly limit: unknown
  readonly per: string
}

function describeLimits(block: Block | undefined, reportOnly: boolean): string {
  const limits = (block?.value ?? []) as readonly WrittenLimit[]
  const written = limits.map(
    ({ by, limit, per }) => `${typeof limit === 'number' ? limit : 'plan'}/${per} ${[by].flat().join('+')}`,
  )
  return `${written.join(', ')}${reportOnly ? ' (report only)' : ''}`
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
  return destination.handler.name === 'builtin' ? `builtin ${value}` : String(value)
}

/** Aligned columns with a heading; columns that are empty throughout are left out. */
export function tableOf(rows: readonly Row[]): string {
  const columns = (['route', 'host', 'who', 'scopes', 'limits', 'guards', 'to', 'source'] as const).filter((name) =>
    rows.some((row) => row[name] !== ''),
  )
  const lines = [
    columns.map((name) => name.toUpperCase()),
    ...rows.map((row) => columns.map((name) => row[name] || '-')),
  ]
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)))
  return `${lines
    .map((line) =>
      line
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')}\n`
}
