/**
 * Reads JSON whose keys have escapes. After V8 met a key such as `\`, its JSON.parse takes other keys that are written
 * with an escape for that one (nodejs/node#63785): members would pass unseen. A string that stands alone is parsed rightly.
 */

import { JsonCursor } from './json-cursor.ts'

/** One pass over a text that JSON.parse accepted and that is not nested deeply. */
export class JsonReader {
  readonly #cursor: JsonCursor

  constructor(text: string) {
    this.#cursor = new JsonCursor(text)
  }

  read(): unknown {
    const char = this.#cursor.next()
    if (char === '{') return this.#readObject()
    if (char === '[') return this.#readArray()
    return JSON.parse(char === '"' ? this.#cursor.string() : this.#cursor.scalar())
  }

  #readObject(): Readonly<Record<string, unknown>> {
    const object: Record<string, unknown> = {}
    while (this.#cursor.enter('}')) {
      const key = JSON.parse(this.#cursor.string())
      this.#cursor.colon()
      Object.defineProperty(object, key, { value: this.read(), enumerable: true, writable: true, configurable: true })
    }
    return object
  }

  #readArray(): readonly unknown[] {
    const items: unknown[] = []
    while (this.#cursor.enter(']')) items.push(this.read())
    return items
  }
}
