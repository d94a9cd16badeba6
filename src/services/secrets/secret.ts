/** A secret, wherever it is kept: it prints as its name, and only `reveal` gives the text. */

import { inspect } from 'node:util'
import { coverText } from './mask.ts'

export class Secret {
  /** As policies write it. */
  readonly name: string
  readonly #text: string

  constructor(name: string, text: string) {
    this.name = name
    this.#text = text
    coverText(text, name)
  }

  reveal(): string {
    return this.#text
  }

  isSame(other: Secret | undefined): boolean {
    return other !== undefined && other.#text === this.#text
  }

  toString(): string {
    return `[secret ${this.name}]`
  }

  toJSON(): string {
    return this.toString()
  }

  [inspect.custom](): string {
    return this.toString()
  }
}
