/** Where one stands in a text that JSON.parse accepted, for those who go through it by themselves. */

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

export class JsonCursor {
  readonly text: string
  at = 0

  constructor(text: string) {
    this.text = text
  }

  /** Steps over white space; the character that stands there. */
  next(): string | undefined {
    while (this.text.charCodeAt(this.at) <= 0x20) this.at++
    return this.text[this.at]
  }

  /** Steps over the bracket that opens or the comma; tells whether something follows before `close`. */
  enter(close: string): boolean {
    if (this.next() !== close) this.at++
    if (this.next() !== close) return true
    this.at++
    return false
  }

  /** Steps over the colon behind a name. */
  colon(): void {
    this.next()
    this.at++
  }

  /** Steps over a string; as it is written, with its quotes. */
  string(): string {
    const start = this.at
    this.at = endOfString(this.text, start) + 1
    return this.text.slice(start, this.at)
  }

  /** Steps over a number or a word; as it is written. */
  scalar(): string {
    scalarAt.lastIndex = this.at
    const [scalar = ''] = scalarAt.exec(this.text) ?? []
    this.at += scalar.length
    return scalar
  }
}
