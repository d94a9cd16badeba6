/** A text that a regular expression matches: its shortest way through, character by character. */

import { type AST, RegExpParser } from '@eslint-community/regexpp'

const parser = new RegExpParser()
/** A pattern may ask for more than anybody sends. */
const most = 10_000

/** Throws where the pattern asks for what a walk cannot give, such as a look-around; the caller judges the result. */
export function textFor(pattern: string, length = 0): string {
  const { alternatives } = parser.parsePattern(pattern, 0, pattern.length, { unicode: true })
  const shortest = writeFirst(alternatives, new Writer(0))
  return shortest.length >= length ? shortest : writeFirst(alternatives, new Writer(length - shortest.length))
}

/** Repeats what may be repeated until the text is long enough. */
class Writer {
  #missing: number
  readonly groups = new Map<AST.CapturingGroup, string>()

  constructor(missing: number) {
    this.#missing = missing
  }

  repeat({ min, max, element }: AST.Quantifier): string {
    if (min > most) throw new RangeError('the pattern repeats too often')
    const parts = Array.from({ length: min }, () => this.write(element))
    while (this.#missing > 0 && parts.length < Math.min(max, most)) {
      const part = this.write(element)
      if (part === '') break
      parts.push(part)
      this.#missing -= part.length
    }
    return parts.join('')
  }

  write(element: AST.Element): string {
    if (element.type === 'Character') return String.fromCodePoint(element.value)
    if (element.type === 'CharacterClass' || element.type === 'CharacterSet') return memberOf(element)
    if (element.type === 'Quantifier') return this.repeat(element)
    if (element.type === 'Group') return writeFirst(element.alternatives, this)
    if (element.type === 'CapturingGroup') {
      const text = writeFirst(element.alternatives, this)
      this.groups.set(element, text)
      return text
    }
    if (element.type === 'Assertion' && (element.kind === 'start' || element.kind === 'end')) return ''
    throw new TypeError(`no text is made for ${element.type}`)
  }
}

const writeFirst = ([first]: readonly AST.Alternative[], writer: Writer): string =>
  (first?.elements ?? []).map((element) => writer.write(element)).join('')

/** What people would type comes first. */
const candidates = [...'abcxyzABCXYZ0189-_. @/:+'].concat(
  Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)),
  [...'äßñéλжあ漢'],
)

function memberOf(element: AST.CharacterClass | AST.CharacterSet): string {
  const one = new RegExp(element.raw, 'u')
  const found = candidates.find((character) => one.test(character))
  if (found === undefined) throw new TypeError(`no character is known for ${element.raw}`)
  return found
}
