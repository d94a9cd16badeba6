/** Which passwords may be chosen, by NIST SP 800-63B-4 §3.1.1.2: long ones that nobody guesses, of whatever characters. */

import { type CommonPasswords, loadCommonPasswords } from './common-passwords.ts'
import { maxPasswordBytes, type Password, type PasswordFault } from './password.ts'
import {
  fold,
  untwined,
  withoutCommon,
  withoutRepeats,
  withoutRuns,
  withoutWords,
  withoutYears,
} from './predictable.ts'

/** Why a password may not be chosen. */
export type PasswordRule = PasswordFault | 'too_short' | 'common' | 'context' | 'repetitive' | 'sequential'

export interface PasswordContext {
  /** Of the account: what it logs in with, its address, the person's name. */
  readonly names: readonly string[]
  /** The account cannot be entered with the password alone. */
  readonly hasSecondFactor?: boolean
}

export interface PolicyParts {
  /** Characters of a password that is all there is; 15 unless told. */
  readonly minimum?: number | undefined
  /** Of one beside a second factor; 8 unless told. */
  readonly minimumWithSecondFactor?: number | undefined
  /** What a guesser thinks of first here: the service, its company, its domain. */
  readonly services?: readonly string[] | undefined
}

/** The limits of NIST SP 800-63B-4: fewer characters may not be asked for. */
export const minimumLengths = { alone: 15, withSecondFactor: 8 } as const

/** What is left of a password without what is expected, as a part of the least length. */
const leastLeft = 1 / 3
/** What is left of one that repeats itself. */
const leastOnce = 3 / 5
/** Of a name: less is found in any word. */
const leastName = 3

export class PasswordPolicy {
  readonly #parts: PolicyParts
  readonly #common: CommonPasswords

  constructor(parts: PolicyParts, common: CommonPasswords) {
    this.#parts = parts
    this.#common = common
  }

  /** With the lists of common passwords, which are read now. */
  static async open(parts: PolicyParts = {}): Promise<PasswordPolicy> {
    return new PasswordPolicy(parts, await loadCommonPasswords())
  }

  /** Characters, as Unicode counts them. */
  minimumFor({ hasSecondFactor = false }: Pick<PasswordContext, 'hasSecondFactor'>): number {
    const { minimum = minimumLengths.alone, minimumWithSecondFactor = minimumLengths.withSecondFactor } = this.#parts
    return hasSecondFactor ? minimumWithSecondFactor : minimum
  }

  /** The first rule that the password breaks. */
  check(password: Password, context: PasswordContext): PasswordRule | undefined {
    const minimum = this.minimumFor(context)
    if (lengthOf(password.reveal()) < minimum) return 'too_short'
    const text = fold(password.reveal())
    if (this.#common.has(text)) return 'common'
    return this.#checkRest(text, minimum, wordsOf([...context.names, ...(this.#parts.services ?? [])]))
  }

  /** A sentence for the person who chooses. */
  explain(rule: PasswordRule, context: Pick<PasswordContext, 'hasSecondFactor'> = {}): string {
    return rule === 'too_short' ? `has fewer than ${this.minimumFor(context)} characters` : sentences[rule]
  }

  #checkRest(text: string, minimum: number, words: readonly string[]): PasswordRule | undefined {
    const least = Math.ceil(minimum * leastLeft)
    const undated = withoutYears(text)
    const unnamed = withoutWords(undated, words)
    if (lengthOf(unnamed) < least) return unnamed === undated ? 'common' : 'context'
    const once = withoutRepeats(unnamed)
    if (once !== unnamed && lengthOf(once) < minimum * leastOnce) return 'repetitive'
    if (lengthOf(withoutRuns(untwined(once))) < least) return 'sequential'
    const uncommon = withoutCommon(once, this.#common)
    if (lengthOf(uncommon) < least) return 'common'
    return lengthOf(withoutRuns(uncommon)) < least ? 'sequential' : undefined
  }
}

const sentences: Readonly<Record<Exclude<PasswordRule, 'too_short'>, string>> = {
  empty: 'is empty',
  malformed: 'holds half a character',
  nul: 'holds a character that cannot be typed',
  too_long: `is longer than ${maxPasswordBytes} bytes`,
  common: 'is one that many people have, or little more',
  context: 'is little more than the name of the account or of the service',
  repetitive: 'repeats itself',
  sequential: 'follows the alphabet, the digits or the keyboard',
}

const lengthOf = (text: string): number => [...text].length

/** The names whole and their parts, the longest first: `ann.lee@example.com` is also `ann.lee`, `example` and `lee`. */
function wordsOf(names: readonly string[]): readonly string[] {
  const words = names.flatMap((name) => {
    const whole = fold(name.slice(0, maxName))
    return [whole, ...whole.split('@'), ...whole.split(/[^\p{L}\p{N}]+/u)]
  })
  return [...new Set(words)].filter((word) => lengthOf(word) >= leastName).sort((a, b) => b.length - a.length)
}

/** More of a name than a password can hold. */
const maxName = 320
