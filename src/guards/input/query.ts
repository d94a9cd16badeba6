/** Query strings, read strictly: what two readers could take apart in two ways is refused. */

import { type Denial, malformed } from '../../core/denial.ts'
import { spell, type Texts, type Values } from './parameters.ts'

const mostParameters = 1000

const badEncoding = malformed('Query has a malformed percent-encoding')
const oldSeparator = malformed('Query has an unencoded `;`, which some readers take for `&`')
const tooMany = malformed(`Query has more than ${mostParameters} parameters`)

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

/** The parameters of a query by name, without prototype; a name that comes again makes a list. */
export function readQuery(query: string): Texts | Denial {
  const read: Record<string, string | string[]> = Object.create(null)
  if (query === '') return read
  if (query.includes(';')) return oldSeparator
  const pieces = query.split('&')
  if (pieces.length > mostParameters) return tooMany
  for (const piece of pieces) {
    if (piece === '') continue
    const equals = piece.indexOf('=')
    const name = decode(equals === -1 ? piece : piece.slice(0, equals))
    const value = decode(equals === -1 ? '' : piece.slice(equals + 1))
    if (name === undefined || value === undefined) return badEncoding
    add(read, name, value)
  }
  return read
}

function add(read: Record<string, string | string[]>, name: string, value: string): void {
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
