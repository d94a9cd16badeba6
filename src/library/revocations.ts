/** Takes tokens back before they expire, for the code around a gate. */

import type { Reach } from '../services/revocation/revocation.ts'
import type { Order } from '../services/revocation/revoke.ts'

/** One token. */
export interface TokenRevocation {
  /** The `iss` claim of the token. */
  readonly issuer: string
  /** Its `jti` claim. */
  readonly id: string
  /** When it expires; unless told, it is remembered for 30 days. */
  readonly until?: Date
}

/** The tokens of one user. */
export interface UserRevocation {
  /** The principal's issuer. */
  readonly issuer: string
  /** The principal's id. */
  readonly id: string
  /** Those issued until then, in the second of it too; until now unless told. */
  readonly time?: Date
  /** When the last of them expires; unless told, this is remembered for 30 days. */
  readonly until?: Date
}

/** All tokens issued until a time. */
export interface TimeRevocation {
  /** In the second of it too. */
  readonly time: Date
  /** Of this issuer alone. */
  readonly issuer?: string
  /** When the last of them expires; unless told, this is remembered for 30 days. */
  readonly until?: Date
}

/** How far a revocation has come. */
export interface RevocationResult {
  /**
   * `stored`: it holds here, and on every other node within a second. `pending`: it holds here, and goes to the other nodes
   * once Redis is back.
   */
  readonly reach: Reach
}

/** An issuer's clock may be ahead of ours by so much. */
const furthest = 5 * 60_000

/**
 * What an open gate takes back: from then on such tokens are 401 `token_invalid`, also where they were accepted before. A
 * token that does not say when it was issued counts as issued before. Rejects with `TypeError` where an order makes no sense,
 * and with `RevocationsFull` where nothing more can be remembered: `revokeBefore` can always.
 */
export class Revocations {
  readonly #give: (order: Order) => Promise<Reach>

  /** Of a gate. */
  constructor(give: (order: Order) => Promise<Reach>) {
    this.#give = give
  }

  async revokeToken({ issuer, id, until }: TokenRevocation): Promise<RevocationResult> {
    return this.#order({
      kind: 'token',
      issuer: text(issuer, 'issuer'),
      id: text(id, 'id'),
      until: instant(until, 'until'),
    })
  }

  async revokeUser({ issuer, id, time, until }: UserRevocation): Promise<RevocationResult> {
    const times = { time: past(time), until: instant(until, 'until') }
    return this.#order({ kind: 'user', issuer: text(issuer, 'issuer'), id: text(id, 'id'), ...times })
  }

  async revokeBefore({ time, issuer, until }: TimeRevocation): Promise<RevocationResult> {
    const from = past(time)
    if (from === undefined) throw new TypeError('expected `time`, a Date')
    const of = issuer === undefined ? undefined : text(issuer, 'issuer')
    return this.#order({ kind: 'before', issuer: of, time: from, until: instant(until, 'until') })
  }

  async #order(order: Order): Promise<RevocationResult> {
    return { reach: await this.#give(order) }
  }
}

function text(value: unknown, name: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw new TypeError(`expected \`${name}\`, a text that is not empty`)
}

function instant(value: unknown, name: string): number | undefined {
  if (value === undefined) return undefined
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.getTime()
  throw new TypeError(`expected \`${name}\` to be a valid Date`)
}

/** Nobody revokes what is still to be issued by mistake. */
function past(value: unknown): number | undefined {
  const time = instant(value, 'time')
  if (time === undefined || time <= Date.now() + furthest) return time
  throw new TypeError('expected `time` to be past, or at most 5 minutes ahead')
}
