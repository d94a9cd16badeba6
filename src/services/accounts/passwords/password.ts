/** A password in hand: of a shape that bcrypt can keep, and out of every log, error and dump. */

import { inspect } from 'node:util'

/** Why a text cannot be a password at all; never the text. */
export type PasswordFault = 'empty' | 'malformed' | 'nul' | 'too_long'

/** Bcrypt looks at no more: what is longer would be cut without a word. */
export const maxPasswordBytes = 72

/** What stands for it wherever it would be shown. */
const mask = '[password]'

export class Password {
  readonly #text: string
  readonly #typed: string

  constructor(text: string, typed: string) {
    this.#text = text
    this.#typed = typed
  }

  /** Normalized: what is hashed. */
  reveal(): string {
    return this.#text
  }

  /** What a hash may have been made of: the normalized text, then the one that was typed where it is another one. */
  revealForms(): readonly string[] {
    return this.#typed === this.#text || isTooLong(this.#typed) ? [this.#text] : [this.#text, this.#typed]
  }

  toString(): string {
    return mask
  }

  toJSON(): string {
    return mask
  }

  [inspect.custom](): string {
    return mask
  }
}

/**
 * A text as it came in, normalized to NFC (NIST SP 800-63B-4 §3.1.1.2, RFC 8265 §4.2): the same letters from another
 * keyboard are the same password. It is counted afterwards, and never cut or trimmed.
 */
export function readPassword(typed: string): Password | PasswordFault {
  // Nothing this long is composed to a text that is short enough (four code points make one at most), and nothing huge is worked on.
  if (typed.length > maxPasswordBytes * 3) return 'too_long'
  if (typed === '') return 'empty'
  if (!typed.isWellFormed()) return 'malformed'
  const text = typed.normalize('NFC')
  if (isTooLong(text)) return 'too_long'
  return text.includes('\0') ? 'nul' : new Password(text, typed)
}

const isTooLong = (text: string): boolean => Buffer.byteLength(text) > maxPasswordBytes
