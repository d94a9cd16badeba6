/** Judges the API keys that requests show: the store is asked again and again, and never for what cannot be a key. */

import { Denial, deny } from '../../core/denial.ts'
import type { Principal } from '../../core/principal.ts'
import { TextCache } from '../../core/text-cache.ts'
import type { Account } from '../accounts/account.ts'
import type { FoundApiKey } from '../accounts/api-keys/api-keys.ts'
import { hashOfKeyText, idOfKeyText } from '../accounts/api-keys/key-text.ts'
import type { Clock } from '../clock.ts'
import { LookupAllowance } from './lookup-allowance.ts'

/** What is needed of the accounts. */
export interface KeyHolders {
  readonly store: { readonly apiKeys: { find(text: string): Promise<FoundApiKey | undefined> } }
  /** 503 where the database is away. */
  attempt<T>(work: () => Promise<T>): Promise<T | Denial>
  scopesOf(account: Account): readonly string[]
  principalOf(account: Account, scopes: readonly string[]): Principal
}

/** A key that is good. */
export interface GoodKey {
  readonly principal: Principal
  /** Its id. */
  readonly apiKey: string
}

/** Whose key it is; nothing where it is none, or of no use any more; a denial where nobody can say. */
export type KeyVerdict = GoodKey | Denial | undefined

/** Milliseconds after which the store is asked again, while what it said still counts. */
const freshFor = 500
/** Milliseconds after which it counts no more: what is revoked or disabled anywhere is refused here from then on. */
const usableFor = 1_500
/** Milliseconds in which a key that was none is not looked for again. */
const unknownFor = 5_000
/** Keys that are new here, and looked for at a time. */
const mostAtOnce = 1_000

/** What the store said of a key, and when it was asked. */
interface Said {
  readonly askedAt: number
  readonly verdict: KeyVerdict
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number | undefined
}

/** One key on its way through time; by its hash, so that no dump of memory holds the key. */
interface Shown {
  said: Said | undefined
  /** One at a time. */
  asking: Promise<Said> | undefined
}

const overloaded = deny('overloaded', {
  headers: ['Retry-After', '1'],
  cause: `more than ${mostAtOnce} API keys that are new here are being looked for`,
})
const tooMany = deny('rate_limited', {
  headers: ['Retry-After', '1'],
  cause: 'too many API keys of this address are none',
})

export class ApiKeyVerifier {
  readonly #holders: KeyHolders
  readonly #clock: Clock
  readonly #allowance: LookupAllowance
  readonly #known = new TextCache<Shown>({ texts: 5_000, characters: 500_000 })
  readonly #unknown = new TextCache<Said>({ texts: 5_000, characters: 500_000 })
  readonly #new = new Map<string, Shown>()

  constructor(holders: KeyHolders, clock: Clock) {
    this.#holders = holders
    this.#clock = clock
    this.#allowance = new LookupAllowance(clock)
  }

  /** Answers at once where the store was asked just now. */
  verify(text: string, address: string): KeyVerdict | Promise<KeyVerdict> {
    if (idOfKeyText(text) === undefined) return undefined
    const hash = hashOfKeyText(text)
    const known = this.#known.get(hash)
    if (known !== undefined) return this.#recall(known, text)
    const unknown = this.#unknown.get(hash)
    if (unknown !== undefined && this.#ageOf(unknown) < unknownFor) return undefined
    return this.#meet(hash, text, address)
  }

  #recall(known: Shown, text: string): KeyVerdict | Promise<KeyVerdict> {
    const { said } = known
    const age = said === undefined ? Number.POSITIVE_INFINITY : this.#ageOf(said)
    if (said !== undefined && said.verdict === undefined && age < unknownFor) return undefined
    if (said === undefined || age >= usableFor) return this.#ask(known, text)
    // Whoever comes once this is too old hears of what is wrong with the store.
    if (age >= freshFor) this.#query(known, text).catch(() => {})
    return this.#admit(said)
  }

  /** A key that is new here: it is looked for where that is not too much. */
  async #meet(hash: string, text: string, address: string): Promise<KeyVerdict> {
    const met = this.#new.get(hash)
    if (met !== undefined) return this.#ask(met, text)
    if (this.#new.size >= mostAtOnce) return overloaded
    if (!this.#allowance.take(address)) return tooMany
    const shown: Shown = { said: undefined, asking: undefined }
    this.#new.set(hash, shown)
    try {
      const said = await this.#query(shown, text)
      if (said.verdict === undefined) this.#unknown.set(hash, said)
      else this.#allowance.giveBack(address)
      if (said.verdict !== undefined && !(said.verdict instanceof Denial)) this.#known.set(hash, shown)
      return this.#admit(said)
    } finally {
      this.#new.delete(hash)
    }
  }

  /** Who waits for an answer that was asked for long ago asks once more. */
  async #ask(shown: Shown, text: string): Promise<KeyVerdict> {
    const since = this.#clock.monotonic() - freshFor
    for (;;) {
      const said = await this.#query(shown, text)
      if (said.verdict instanceof Denial || said.askedAt >= since) return this.#admit(said)
    }
  }

  #query(shown: Shown, text: string): Promise<Said> {
    shown.asking ??= this.#look(text)
      .then((said) => {
        // Of a database that is away nothing is learnt; what it said last counts for as long as it would have.
        if (!(said.verdict instanceof Denial)) shown.said = said
        return said
      })
      .finally(() => {
        shown.asking = undefined
      })
    return shown.asking
  }

  async #look(text: string): Promise<Said> {
    const { store, attempt, scopesOf, principalOf } = this.#holders
    const askedAt = this.#clock.monotonic()
    const found = await attempt(() => store.apiKeys.find(text))
    if (found === undefined || found instanceof Denial) return { askedAt, verdict: found, expiresAt: undefined }
    const { key, account } = found
    const scopes = scopesOf(account).filter((scope) => key.scopes.includes(scope))
    const verdict = Object.freeze({ principal: principalOf(account, scopes), apiKey: key.id })
    return { askedAt, verdict, expiresAt: key.expiresAt }
  }

  #admit({ verdict, expiresAt }: Said): KeyVerdict {
    return expiresAt !== undefined && this.#clock.now() >= expiresAt ? undefined : verdict
  }

  #ageOf({ askedAt }: Said): number {
    return this.#clock.monotonic() - askedAt
  }
}
