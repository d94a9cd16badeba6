/**
 * Sessions that browsers keep in a cookie. The cookie holds a token that says nothing and stays the same; the access token
 * of the session never leaves this server, which makes another one when it ends. So nobody has to refresh, and no answer
 * that a browser loses, nor any number of requests at once, costs it the session.
 */

import { type Denial, deny } from '../../core/denial.ts'
import { TextCache } from '../../core/text-cache.ts'
import type { Account } from '../accounts/account.ts'
import type { RefreshRules } from '../accounts/refresh/refresh-rules.ts'
import type { Session } from '../accounts/refresh/session.ts'
import type { Clock } from '../clock.ts'
import type { OpenAccounts } from './account-pool.ts'
import { LookupAllowance } from './lookup-allowance.ts'

interface Parts extends Pick<OpenAccounts, 'store' | 'attempt'> {
  readonly rules: RefreshRules
  /** Who asks for sessions, which are good for no other. */
  readonly client: string
  /** Milliseconds that an access token lives. */
  readonly accessTtl: number
  readonly clock: Clock
  scopesOf(account: Account): readonly string[]
  mint(account: Account, session: Pick<Session, 'id' | 'scopes' | 'createdAt'>): string
}

const tooMany = deny('rate_limited', {
  headers: ['Retry-After', '1'],
  cause: 'too many session cookies of this address are none',
})

interface Known {
  readonly accessToken: string
  readonly until: number
}

export class CookieSessions {
  readonly client: string
  readonly #parts: Parts
  readonly #known = new TextCache<Known>({ texts: 5_000, characters: 250_000 })
  readonly #allowance: LookupAllowance
  readonly #asked = new Map<string, Promise<string | undefined | Denial>>()
  /** Each time that the store is asked sets back the idle time, which must not run out in between. */
  readonly #lasting: number

  constructor(parts: Parts) {
    this.#parts = parts
    this.client = parts.client
    this.#allowance = new LookupAllowance(parts.clock)
    this.#lasting = Math.min(parts.accessTtl, parts.rules.idle / 2)
  }

  /** The access token that was made of late; whether it is still good is for the verifier to say. */
  recall(token: string): string | undefined {
    const known = this.#known.get(token)
    return known !== undefined && this.#parts.clock.now() < known.until ? known.accessToken : undefined
  }

  /**
   * Another access token, asked for once however many want it; none where the session is over. 503 as the accounts say, and
   * 429 where the address comes with ever new cookies that are none.
   */
  async renew(token: string, address: string): Promise<string | undefined | Denial> {
    const asked = this.#asked.get(token)
    if (asked !== undefined) return asked
    if (this.#known.get(token) !== undefined) return this.#ask(token)
    if (!this.#allowance.take(address)) return tooMany
    const made = await this.#ask(token)
    if (made !== undefined) this.#allowance.giveBack(address)
    return made
  }

  /** The session that a browser brought along, where it is one of ours. */
  async find(token: string): Promise<Session | undefined> {
    const session = await this.#parts.store.sessions.findByToken(token)
    return session?.client === this.client ? session : undefined
  }

  #ask(token: string): Promise<string | undefined | Denial> {
    const asking = this.#parts.attempt(() => this.#make(token)).finally(() => this.#asked.delete(token))
    this.#asked.set(token, asking)
    return asking
  }

  async #make(token: string): Promise<string | undefined> {
    const { store, rules, client, clock, scopesOf, mint } = this.#parts
    const session = await store.sessions.use(token, { client, rules })
    const account = session && (await store.accounts.find(session.account))
    if (session === undefined || account === undefined) return undefined
    const granted = scopesOf(account)
    const accessToken = mint(account, { ...session, scopes: session.scopes.filter((scope) => granted.includes(scope)) })
    this.#known.set(token, { accessToken, until: clock.now() + this.#lasting })
    return accessToken
  }
}
