/** The headers of answers, each defined once under `components.headers`. */

import type { HeaderPart } from '../../services/openapi.ts'

/** Name → a reference to its definition. */
export type Headers = Readonly<Record<string, { readonly $ref: string }>>

const text = { type: 'string' } as const

/** Those that the engine and its refusals write. */
const ofEngine: Readonly<Record<string, HeaderPart>> = {
  Accept: { description: 'The media types that the route takes.', schema: text },
  'Retry-After': {
    description: 'Whole seconds: waiting that long suffices.',
    schema: { type: 'integer', minimum: 0 },
  },
  'WWW-Authenticate': {
    description: 'The challenge of RFC 6750; it names the scopes that are missing.',
    schema: text,
  },
  'X-Request-Id': { description: 'Names the request in the log of the server.', schema: text },
}

/** The references to these. */
export const headerRefs = (names: readonly string[]): Headers =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))

/** All definitions, by name. */
export const headerComponents = (own: Readonly<Record<string, HeaderPart>>): Readonly<Record<string, HeaderPart>> =>
  Object.fromEntries(Object.entries({ ...ofEngine, ...own }).sort(([a], [b]) => (a < b ? -1 : 1)))
