/**
 * Reads JSON whose keys have escapes. After V8 met a key such as `\`, its JSON.parse takes other keys that are written
 * with an escape for that one (nodejs/node#63785): members would pass unseen.
 */

/** The index of the quote that ends the string that starts at `start`; the text is valid JSON. */
export function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end
}

function isEscaped(text: string, index: number): boolean {
  let slashes = 0
  while (text.charCodeAt(index - 1 - slashes) === 0x5c) slashes++
  return slashes % 2 === 1
}

const scalarAt = /[^\s,\]}]+/y

/** One pass over a text that JSON.parse accepted and that is not nested deeply. */
export class JsonReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  read(): unknown {
    this.#skip()
    const char = this.#text[this.#at]
    if (char === '{') return this.#readObject()
    if (char === '[') return this.#readArray()
    return char === '"' ? this.#readString() : this.#readScalar()
  }

  #readObject(): Readonly<Record<string, unknown>> {
    const object: Record<string, unknown> = {}
    while (this.#enter('}')) {
      const key = this.#readString()
      this.#skip()
      this.#at++
      Object.defineProperty(object, key, { value: this.read(), enumerable: true, writable: true, configurable: true })
    }
    return object
  }

  #readArray(): readonly unknown[] {
    const items: unknown[] = []
    while (this.#enter(']')) items.push(this.read())
    return items
  }

  /** Steps over the bracket that opens or the comma; tells whether something follows before `close`. */
  #enter(close: string): boolean {
    this.#skip()
    if (this.#text[this.#at] !== close) this.#at++
    this.#skip()
    if (this.#text[this.#at] !== close) return true
    this.#at++
    return false
  }

  /** A string that stands alone is parsed rightly. */
  #readString(): string {
    const start = this.#at
    this.#at = endOfString(this.#text, start) + 1
    return JSON.parse(this.#text.slice(start, this.#at))
  }

  #readScalar(): unknown {
    scalarAt.lastIndex = this.#at
    const [scalar = ''] = scalarAt.exec(this.#text) ?? []
    this.#at += scalar.length
    return JSON.parse(scalar)
  }

  #skip(): void {
    while (this.#text.charCodeAt(this.#at) <= 0x20) this.#at++
  }
}
