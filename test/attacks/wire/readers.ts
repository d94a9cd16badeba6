/** A panel of parsers of other habits than ours: what each would understand of the same bytes. */

/** One request, as a parser reads it; bytes are Latin-1. */
export interface ReadRequest {
  readonly method: string
  readonly target: string
  readonly body: string
}

/** Where a parser is laxer than RFC 9112. */
interface Habits {
  readonly lineEnd?: RegExp
  /** Makes a name of what stands before the colon, where that is no token. */
  readonly name?: (written: string) => string
  readonly value?: (written: string) => string
  readonly folds?: boolean
  readonly length?: (values: readonly string[]) => number
  readonly isChunked?: (codings: readonly string[]) => boolean
  /** Which of the two counts where both stand; neither is believed unless told. */
  readonly prefers?: 'length' | 'chunked'
  readonly size?: (written: string) => number
  /** What may stand after the bytes of a chunk. */
  readonly chunkEnd?: RegExp
}

class Fault extends Error {}

const lengthOf = (text: string | undefined): number => Math.max(0, Number.parseInt(text ?? '', 10) || 0)
const isAnyChunked = (codings: readonly string[]): boolean => /chunked/i.test(codings.join())

const strict: Required<Omit<Habits, 'prefers'>> = {
  lineEnd: /\r\n/g,
  name(written) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(written)) throw new Fault('no token')
    return written
  },
  value: (written) => written.replace(/^[ \t]+|[ \t]+$/g, ''),
  folds: false,
  length(values) {
    if (values.length > 1 || !/^[0-9]+$/.test(values[0] ?? '')) throw new Fault('no length')
    return Number(values[0])
  },
  isChunked(codings) {
    if (codings.length > 1 || codings[0]?.toLowerCase() !== 'chunked') throw new Fault('another coding')
    return true
  },
  size(written) {
    if (!/^[0-9a-f]+(?:;.*)?$/i.test(written)) throw new Fault('no size')
    return Number.parseInt(written, 16)
  },
  chunkEnd: /\r\n/y,
}

const panel: Readonly<Record<string, Habits>> = {
  strict: {},
  'takes LF for a line end': { lineEnd: /\r?\n/g, chunkEnd: /\r?\n/y },
  'takes CR for a line end': { lineEnd: /\r\n?|\n/g, chunkEnd: /\r\n?|\n/y },
  'trims names': { name: (written) => written.trim() },
  'reads names with underscores': { name: (written) => written.replaceAll('_', '-') },
  'takes any name': { name: (written) => written },
  'trims more than spaces': {
    value: (written) => written.replace(/^[\s\0-\x20\x7f-\xa0]+|[\s\0-\x20\x7f-\xa0]+$/g, ''),
  },
  'ends at a NUL': {
    value: (written) => strict.value(written.replace(/\0.*/s, '')),
    name: (written) => written.replace(/\0.*/s, ''),
  },
  'joins folded lines': { folds: true },
  'takes the first length': { length: ([value]) => lengthOf(value) },
  'takes the last length': { length: (values) => lengthOf(values.at(-1)) },
  'takes the first length of a list': { length: (values) => lengthOf(values.join().split(',')[0]) },
  'takes the last length of a list': { length: (values) => lengthOf(values.join().split(',').at(-1)) },
  'reads lengths as numbers of a language': { length: ([value]) => Number(value) || 0 },
  'keeps 32 bits of a length': { length: ([value]) => lengthOf(value) >>> 0 },
  'believes the length': { prefers: 'length' },
  'believes chunked': { prefers: 'chunked' },
  'finds chunked anywhere': { prefers: 'chunked', isChunked: isAnyChunked },
  'looks at the first coding': {
    prefers: 'chunked',
    isChunked: (codings) => /^chunked$/i.test(codings.join().split(',')[0] ?? ''),
  },
  'looks at the last coding': {
    prefers: 'chunked',
    isChunked: (codings) => /^\s*chunked$/i.test(codings.join().split(',').at(-1) ?? ''),
  },
  'passes over codings that it does not know': {
    prefers: 'length',
    isChunked: (codings) => /^chunked$/i.test(codings.join()),
  },
  'reads sizes as far as they go': { size: (written) => Math.max(0, Number.parseInt(written, 16) || 0) },
  'keeps 32 bits of a size': { size: (written) => Number.parseInt(written, 16) >>> 0 },
  'counts what ends a chunk, and does not look': { chunkEnd: /[\s\S]{2}/y },
  'needs nothing after a chunk': { chunkEnd: /(?:\r?\n)?/y },
}

/** What each parser of the panel understands, up to where it refuses. */
export const readByAll = (bytes: string): ReadonlyMap<string, readonly ReadRequest[]> =>
  new Map(Object.entries(panel).map(([name, habits]) => [name, new Reader(bytes, habits).all()]))

class Reader {
  readonly #bytes: string
  readonly #habits: typeof strict & Habits
  #at = 0

  constructor(bytes: string, habits: Habits) {
    this.#bytes = bytes
    this.#habits = { ...strict, ...habits }
  }

  all(): readonly ReadRequest[] {
    const requests: ReadRequest[] = []
    try {
      while (this.#at < this.#bytes.length) requests.push(this.#request())
    } catch (error) {
      if (!(error instanceof Fault)) throw error
    }
    return requests
  }

  #request(): ReadRequest {
    while (/[\r\n]/.test(this.#bytes[this.#at] ?? '')) this.#at++
    const [, method = '', target = '', protocol] = /^(\S+) +(\S+) +(\S+)$/.exec(this.#line()) ?? []
    if (protocol === undefined || !/^(?:HTTP|RTSP)\/1\.[01]$/.test(protocol)) throw new Fault('no request line')
    const body = this.#body(this.#fields())
    return { method, target, body }
  }

  #line(): string {
    const { lineEnd } = this.#habits
    lineEnd.lastIndex = this.#at
    const end = lineEnd.exec(this.#bytes)
    if (end === null) throw new Fault('ends early')
    const line = this.#bytes.slice(this.#at, end.index)
    this.#at = lineEnd.lastIndex
    return line
  }

  #fields(): ReadonlyMap<string, readonly string[]> {
    const fields = new Map<string, string[]>()
    let last: string[] = []
    for (let line = this.#line(); line !== ''; line = this.#line()) {
      if (/^[ \t]/.test(line) && this.#habits.folds) {
        last.push(`${last.pop() ?? ''} ${line.trim()}`.trim())
        continue
      }
      const colon = line.indexOf(':')
      if (colon === -1) throw new Fault('no colon')
      const name = this.#habits.name(line.slice(0, colon)).toLowerCase()
      last = fields.get(name) ?? []
      last.push(this.#habits.value(line.slice(colon + 1)))
      fields.set(name, last)
    }
    return fields
  }

  #body(fields: ReadonlyMap<string, readonly string[]>): string {
    const codings = fields.get('transfer-encoding')
    const lengths = fields.get('content-length')
    const { prefers, isChunked, length } = this.#habits
    if (codings !== undefined && lengths !== undefined && prefers === undefined) throw new Fault('both')
    const isLengthFirst = prefers === 'length' && lengths !== undefined
    if (codings !== undefined && !isLengthFirst && isChunked(codings)) return this.#chunks()
    return lengths === undefined ? '' : this.#take(length(lengths))
  }

  #take(length: number): string {
    if (!Number.isInteger(length) || length < 0) throw new Fault('no length')
    const end = this.#at + length
    if (end > this.#bytes.length) throw new Fault('ends early')
    const taken = this.#bytes.slice(this.#at, end)
    this.#at = end
    return taken
  }

  #chunks(): string {
    let body = ''
    for (;;) {
      const size = this.#habits.size(this.#line())
      if (size === 0) break
      body += this.#take(size)
      const { chunkEnd } = this.#habits
      chunkEnd.lastIndex = this.#at
      const end = chunkEnd.exec(this.#bytes)
      if (end === null) throw new Fault('no end of a chunk')
      this.#at += end[0].length
    }
    this.#fields()
    return body
  }
}
