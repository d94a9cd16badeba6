/** The heads around an answer that is cut: what the destination is not asked for, and what does not hold of a part. */

import type { Exchange } from '../../../core/exchange.ts'

/** A part of the bytes, or the word that they are still the same, is said of what the destination holds, not of what is left of it. */
const conditional = ['range', 'if-range', 'if-none-match', 'if-modified-since']

/** Asks the destination for the whole, as it is. */
export function askForWhole({ method, ctx, sanitisedHeaders }: Exchange): void {
  for (const headers of [ctx.req.headers, sanitisedHeaders ?? {}]) {
    headers['accept-encoding'] = 'identity'
    if (method === 'GET' || method === 'HEAD') for (const name of conditional) delete headers[name]
  }
}

/** Said of the bytes as the destination sent them; a digest or a validator could also tell what was cut. */
const ofTheWhole = new Set([
  'accept-ranges',
  'content-digest',
  'content-length',
  'content-md5',
  'content-range',
  'digest',
  'etag',
  'repr-digest',
])
const ofABody = new Set([...ofTheWhole, 'content-type', 'content-encoding', 'content-language', 'content-disposition'])

const without = (flat: readonly string[], names: ReadonlySet<string>): readonly string[] =>
  flat.filter((_, at) => !names.has((flat[at - (at % 2)] ?? '').toLowerCase()))

/** The headers of an answer that was cut. */
export const headOfCut = (flat: readonly string[]): readonly string[] => without(flat, ofTheWhole)

/** The headers of an answer whose body was left out. */
export const headOfNone = (flat: readonly string[]): readonly string[] => without(flat, ofABody)

/** All values of a header, by its name in lower case. */
export const valuesOf = (flat: readonly string[], lower: string): readonly string[] =>
  flat.filter((_, at) => at % 2 === 1 && flat[at - 1]?.toLowerCase() === lower)

/** JSON in UTF-8 as one document; lines or sequences of JSON are other types. */
const json = /^application\/(?:json|[a-z0-9!#$&^_.-]+\+json)$/

/** The media type of an answer that can be cut; nothing where it cannot. */
export function jsonTypeOf(flat: readonly string[]): string | undefined {
  const [only, ...others] = valuesOf(flat, 'content-type')
  const [type = '', ...parameters] = (only ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim())
  const charsets = parameters.filter((parameter) => parameter.startsWith('charset'))
  const isUtf8 = charsets.every((charset) => /^charset="?(?:utf-8|utf8|us-ascii)"?$/.test(charset))
  return others.length === 0 && json.test(type) && isUtf8 ? type : undefined
}

export const isEncoded = (flat: readonly string[]): boolean =>
  valuesOf(flat, 'content-encoding').some((coding) => !/^\s*(?:identity)?\s*$/i.test(coding))
