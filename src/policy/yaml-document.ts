/** Composes one YAML 1.2 document, and stops where its nesting would exhaust the composer. */

import { Composer, type CST, type Document, Lexer, type LineCounter, Parser, type YAMLParseError } from 'yaml'

const maxDepth = 100

class TooDeep extends Error {
  readonly offset: number

  constructor(offset: number) {
    super(`expected at most ${maxDepth} levels of nesting`)
    this.offset = offset
  }
}

/** The library's own `Parser.parse`, with an eye on how deep it stands. */
function* tokensOf(text: string, lines: LineCounter): Generator<CST.Token, void> {
  const parser = new Parser(lines.addNewLine)
  lines.addNewLine(0)
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme)
    if (parser.stack.length > maxDepth) throw new TooDeep(parser.offset)
  }
  yield* parser.end()
}

/** The document and what is wrong with it; none where nothing could be made of the text. */
interface Composed {
  readonly document: Document | undefined
  readonly faults: readonly YAMLFault[]
}

/** A fault of the text itself; `pos` are character offsets. */
export type YAMLFault = Pick<YAMLParseError, 'message' | 'pos'> & { readonly code: string }

/** Duplicate keys are left to the caller: the library compares every key with every other. */
export function composeDocument(text: string, lines: LineCounter): Composed {
  const composer = new Composer({ version: '1.2', schema: 'core', stringKeys: true, uniqueKeys: false, strict: true })
  try {
    const documents = composer.compose(tokensOf(text, lines), true, text.length)
    const [first, second] = take(documents, 2)
    const faults = [...(first?.errors ?? []), ...(first?.warnings ?? [])]
    return { document: first, faults: second === undefined ? faults : [...faults, several(second)] }
  } catch (error) {
    if (!(error instanceof TooDeep)) throw error
    const { offset, message } = error
    return { document: undefined, faults: [{ code: 'TOO_DEEP', pos: [offset, offset + 1], message }] }
  }
}

function several({ range }: Document): YAMLFault {
  const start = range?.[0] ?? 0
  return { code: 'MULTIPLE_DOCS', pos: [start, start + 3], message: 'expected one document, got another' }
}

function take<T>(items: Iterable<T>, count: number): readonly T[] {
  const taken: T[] = []
  for (const item of items) if (taken.push(item) === count) break
  return taken
}
