/** Follows the stored keys of one issuer for as long as some policies have it: reads them again and again, and rotates in time. */

import type { Reread } from '../../database/reread.ts'
import type { Later } from '../../later.ts'
import type { Log } from '../../log.ts'
import type { Status } from '../../status.ts'
import { type KeyRules, rereadEvery, rereadJitter } from './key-life.ts'
import { StoredKeys } from './stored-keys.ts'
import { align, listOrBegin, tend, type Upkeep } from './upkeep.ts'

export interface KeeperParts extends Omit<Upkeep, 'rules'> {
  readonly reread: Reread
  readonly later: Later
  readonly status: Status
  readonly log: Log
}

/** More changes than these are never needed in a row. */
const rounds = 4

export class KeyKeeper {
  readonly keys: StoredKeys
  readonly #parts: KeeperParts
  #rules: KeyRules
  #isAligned = false
  #isClosed = false
  #cancelNext = () => {}

  constructor(parts: KeeperParts, rules: KeyRules) {
    this.#parts = parts
    this.#rules = rules
    this.keys = new StoredKeys({ ...parts, list: () => listOrBegin(this.#upkeep) })
  }

  /** Reads the keys, or makes them, before the first use. Throws what the store throws, and `TypeError` for keys that are none. */
  async open(): Promise<void> {
    await this.keys.read()
    await this.#turn()
  }

  /** The rules of policies that come into force. Never rejects: while the database is away it is put off until it is back. */
  follow(rules: KeyRules): Promise<void> {
    this.#rules = rules
    this.#isAligned = false
    return this.#turn()
  }

  close(): void {
    this.#isClosed = true
    this.#cancelNext()
    this.keys.close()
  }

  get #upkeep(): Upkeep {
    return { ...this.#parts, rules: this.#rules }
  }

  /** One look at the store, and at what time asks for. */
  async #turn(): Promise<void> {
    this.#cancelNext()
    await this.keys.refresh()
    if (!this.keys.isFailing) await this.#keep().catch((error) => this.keys.report(error))
    if (this.#isClosed) return
    this.#cancelNext()
    this.#cancelNext = this.#parts.later(() => void this.#turn(), this.#pause())
  }

  async #keep(): Promise<void> {
    for (let round = 0; round < rounds && !this.#isClosed; round++) {
      const isChanged = await this.#change()
      if (!isChanged) return
      await this.keys.refresh()
      const current = this.keys.facts.find(({ state }) => state === 'current')
      this.#parts.log.info({ issuer: this.#parts.issuer, signing: current?.kid }, 'the signing keys have changed')
    }
  }

  async #change(): Promise<boolean> {
    if (!this.#isAligned && (await align(this.keys.facts, this.#upkeep))) return true
    this.#isAligned = true
    return tend(this.keys.facts, this.#upkeep)
  }

  /** Nodes that were started together do not stay so. */
  #pause(): number {
    return rereadEvery * (1 + rereadJitter * (2 * Math.random() - 1))
  }
}
