/** Query strings and forms in their spelling, read strictly: what two readers could take apart in two ways is refused. */

import { type Denial, malformed } from '../../core/denial.ts'
import { spell, type Texts, type Values } from './parameters.ts'

/** Parameters of a query, and fields of a form. */
export const mostParameters = 1000

/** What is said of a text that is spelt like a query. */
interface Refusals {
  readonly badEncoding: Denial
  readonly oldSeparator: Denial
  readonly tooMany: Denial
}

/** The refusals of such a text; `what` and its `parts` are named to the client. */
export const refusalsOf = (what: string, parts: string): Refusals => ({
  badEncoding: malformed(`${what} has a malformed percent-encoding`),
  oldSeparator: malformed(`${what} has an unencoded \`;\`, which some readers take for \`&\``),
  tooMany: malformed(`${what} has more than ${mostParameters} ${parts}`),
})

const ofQuery = refusalsOf('Query', 'parameters')

/** `+` is a space, and escapes are UTF-8 (WHATWG URL §5.1); undefined where they are not. */
function decode(text: string): string | undefined {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch {
    return undefined
  }
}

/** The parameters by name, without prototype. */
export function readQuery(query: string, refusals = ofQuery): Texts | Denial {
  const read: Record<string, string | string[]> = Object.create(null)
  if (query === '') return read
  if (query.includes(';')) return refusals.oldSeparator
  const pieces = query.split('&')
  if (pieces.length > mostParameters) return refusals.tooMany
  for (const piece of pieces) {
    if (piece === '') continue
    const equals = piece.indexOf('=')
    const name = decode(equals === -1 ? piece : piece.slice(0, equals))
    const value = decode(equals === -1 ? '' : piece.slice(equals + 1))
    if (name === undefined || value === undefined) return refusals.badEncoding
    add(read, name, value)
  }
  return read
}

/** A name that comes again makes a list. */
export function add(read: Record<string, string | string[]>, name: string, value: string): void {
  const before = read[name]
  if (before === undefined) read[name] = value
  else if (typeof before === 'string') read[name] = [before, value]
  else before.push(value)
}

/** Writes a query that every reader takes apart in one way. */
export const writeQuery = (values: Values): string =>
  Object.entries(values)
    .flatMap(([name, value]) => spell(value).map((text) => `${encodeURIComponent(name)}=${encodeURIComponent(text)}`))
    .join('&')
