/** Has this process follow what commands and other nodes do to the accounts: what they revoke holds here, and acts are put on record. */

import type { AuditEntry, AuditTrail } from '../../core/audit.ts'
import type { AccountStore } from '../accounts/account-store.ts'
import type { KeptAct } from '../accounts/outbox/act.ts'
import { isOwnEvent } from '../audit/events.ts'
import { writeOperator } from '../audit/operator.ts'
import { recordable } from '../audit/value.ts'
import { DatabaseAway } from '../database/database.ts'
import type { Reread } from '../database/reread.ts'
import type { Log } from '../log.ts'
import { reasonOf } from '../reason.ts'
import type { Entry } from '../revocation/entry.ts'
import type { Revocation } from '../revocation/revocation.ts'

export interface Followed {
  readonly audit: AuditTrail & { readonly isKept: boolean }
  readonly revocation: Pick<Revocation, 'revoke' | 'holds'>
}

export interface FollowerWorld extends Followed {
  readonly store: Pick<AccountStore, 'outbox' | 'revocations' | 'reread'>
  readonly log: Log
  /** The database did not answer. */
  away(error: DatabaseAway): void
}

/** Milliseconds from one look to the next, so spread that the nodes do not ask all at once. */
const shortest = 600
const longest = 1_000

export class CommandFollower {
  readonly #world: FollowerWorld
  readonly #revoked: Reread
  readonly #done: Reread
  #place = 0
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined
  #isClosed = false

  constructor(world: FollowerWorld) {
    this.#world = world
    this.#revoked = world.store.reread()
    this.#done = world.store.reread()
  }

  /** What was revoked before holds from here on. Throws `DatabaseAway`. */
  async start(): Promise<void> {
    await this.#revoke()
    // Where there is none, nobody has to ask once the server runs.
    await this.#done.read(() => this.#world.store.outbox.isEmpty())
    this.#wait()
  }

  /** Waits for a look under way: what it has put on record is to be taken out. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#looking
  }

  #wait(): void {
    const pause = shortest + Math.random() * (longest - shortest)
    if (this.#isClosed) return
    this.#timer = setTimeout(() => {
      this.#looking = this.#look()
    }, pause).unref()
  }

  async #look(): Promise<void> {
    try {
      await this.#revoke()
      await this.#record()
    } catch (error) {
      if (this.#isClosed) return
      if (error instanceof DatabaseAway) this.#world.away(error)
      else this.#world.log.error({ err: error }, 'what commands did to accounts cannot be followed')
    }
    this.#wait()
  }

  #revoke(): Promise<void> {
    return this.#revoked.read(async () => {
      await this.#revokeNew()
      return true
    })
  }

  async #revokeNew(): Promise<void> {
    for (;;) {
      const { entries, place } = await this.#world.store.revocations.readOn(this.#place)
      await Promise.all(entries.map((entry) => this.#revokeOne(entry)))
      this.#place = place
      if (entries.length === 0) return
    }
  }

  /** What holds here was told to the others by whoever revoked it. */
  async #revokeOne(entry: Entry): Promise<void> {
    if (this.#world.revocation.holds(entry)) return
    await this.#world.revocation.revoke(entry).catch((error) => {
      this.#world.log.error(
        { reason: reasonOf(error) },
        'what was revoked by a command or another node may not hold everywhere',
      )
    })
  }

  /** By a process that keeps a log alone: the others leave it to that. */
  async #record(): Promise<void> {
    const { audit, store } = this.#world
    if (!audit.isKept) return
    const record = async (act: KeptAct) => isOwnEvent(act.event) || audit.commit(entryOf(act))
    await this.#done.read(async () => (await store.outbox.deliver(record)).isAll)
  }
}

/** Of two records with one `act.id`, one is a double: the server ended between the record and its receipt. */
function entryOf({ id, at, event, operator, details = {} }: KeptAct): AuditEntry {
  const written = Object.fromEntries(Object.entries(details).map(([name, value]) => [name, recordable(value)]))
  return {
    event,
    outcome: 'done',
    operator: operator && writeOperator(operator),
    act: { id, at: new Date(at).toISOString() },
    ...(event === 'auth.revoked' ? { revoked: written, reach: 'stored' } : { details: written }),
  }
}
