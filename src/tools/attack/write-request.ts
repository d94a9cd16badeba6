/** Values → the text of a request: path, query, headers, cookies and body. */

import type { Route } from '../../policy/policy.ts'
import type { Field } from './probe.ts'
import type { Witnessed } from './schema/witness.ts'
import type { BodyShape, Places } from './target.ts'

type Values = Readonly<Record<string, unknown>>

const valuesOf = ({ value }: Witnessed): Values => value as Values

/** The path with its parameters, and the query. */
export function targetOf(
  route: Route,
  places: Pick<Places, 'path' | 'query'>,
  path = pathOf(route, valuesOf(places.path)),
): string {
  const query = Object.entries(valuesOf(places.query)).flatMap(([name, value]) =>
    [value].flat().map((each) => `${encodeURIComponent(name)}=${encodeURIComponent(textOf(each))}`),
  )
  return query.length === 0 ? path : `${path}?${query.join('&')}`
}

/** What a wildcard stands for is one segment here. */
export function pathOf({ path }: Pick<Route, 'path'>, values: Values): string {
  return path.replace(/(?<=\/)[:*]([^/]+)/g, (_, name: string) => encodeURIComponent(textOf(values[name] ?? 'attack')))
}

/** Declared headers and cookies. */
export function parametersOf({ header, cookie }: Pick<Places, 'header' | 'cookie'>): readonly Field[] {
  const cookies = Object.entries(valuesOf(cookie)).map(([name, value]) => `${name}=${textOf(value)}`)
  const headers = Object.entries(valuesOf(header)).map(([name, value]) => [name, textOf(value)] as const)
  return cookies.length === 0 ? headers : [...headers, ['Cookie', cookies.join('; ')]]
}

/** The body of a good request. */
export function bodyText(body: BodyShape | undefined): string | undefined {
  if (body === undefined) return undefined
  return body.read === undefined ? 'portcullis attack' : body.read.writers[0]?.write(body.read.witness.value)
}

/** As a parameter is written. */
export const textOf = (value: unknown): string =>
  typeof value === 'object' && value !== null ? 'portcullis attack' : String(value)
