/** The `Cookie` header of a request (RFC 6265 §4.2.1): its pairs, and the header without some of them. */

interface Pair {
  readonly name: string
  readonly value: string
}

/** No other space than these stands around a pair: what else looks like one belongs to the name. */
const isSpace = (text: string, at: number): boolean => text[at] === ' ' || text[at] === '\t'

/** By hand: a pattern looks at a long run of spaces once for each of them. */
function trim(text: string): string {
  let [from, to] = [0, text.length]
  while (isSpace(text, from)) from++
  while (to > from && isSpace(text, to - 1)) to--
  return text.slice(from, to)
}

/** What is no pair, as some pages leave behind, is no cookie; a quote says nothing (§5.2). */
function readPair(text: string): Pair | undefined {
  const equals = text.indexOf('=')
  if (equals === -1) return undefined
  return { name: trim(text.slice(0, equals)), value: trim(text.slice(equals + 1)) }
}

/** The pairs, in the order in which they came. */
export const readPairs = (header: string): readonly Pair[] => header.split(';').flatMap((text) => readPair(text) ?? [])

/** Every value that came under a name, compared whole and by case. */
export function valuesOf(header: string | undefined, name: string): readonly string[] {
  if (header?.includes(name) !== true) return []
  return readPairs(header)
    .filter((pair) => pair.name === name)
    .map(({ value }) => value)
}

/** The header without the cookies of these names, all others as they came; undefined where none is left. */
export function withoutCookies(header: string, names: readonly string[]): string | undefined {
  if (!names.some((name) => header.includes(name))) return header
  return withoutPairs(header, (text) => isOneOf(text, names))
}

/** The header without those of its pairs, as they are written, that are unwanted; undefined where none is left. */
export function withoutPairs(header: string, isUnwanted: (text: string) => boolean): string | undefined {
  const kept = header.split(';').filter((text) => !isUnwanted(text))
  return kept.length === 0 ? undefined : trim(kept.join(';'))
}

/** A reader behind this one may take more for a space. */
const isOneOf = (text: string, names: readonly string[]): boolean =>
  names.includes((text.split('=', 1)[0] ?? '').trim())
