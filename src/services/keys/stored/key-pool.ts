/** The stored keys that this process follows, by issuer: those that a reload leaves go on as they are. */

import { StartFault } from '../../../core/start-fault.ts'
import { FieldFault } from '../../accounts/fields/key-ring.ts'
import type { Reread } from '../../database/reread.ts'
import { reasonOf } from '../../reason.ts'
import type { IssuerBlock } from '../issuer.ts'
import type { KeySource } from '../key-source.ts'
import { type KeeperParts, KeyKeeper } from './key-keeper.ts'
import { readKeyRules } from './key-life.ts'
import type { StoredKeys } from './stored-keys.ts'

interface Shared {
  readonly keeper: KeyKeeper
  readonly opening: Promise<void>
  users: number
}

interface PoolParts extends Omit<KeeperParts, 'issuer' | 'reread'> {
  readonly reread: () => Reread
}

export class KeyPool {
  readonly #parts: PoolParts
  readonly #shared = new Map<string, Shared>()

  constructor(parts: PoolParts) {
    this.#parts = parts
  }

  /** What verifies tokens of an issuer; each has to be closed. Throws `StartFault`, and `DatabaseAway` at the first time. */
  async open(issuer: string, block: IssuerBlock): Promise<KeySource> {
    const known = this.#shared.get(issuer)
    const shared = known ?? this.#share(issuer, block)
    shared.users++
    try {
      await shared.opening
      if (known) await shared.keeper.follow(readKeyRules(block))
      return handle(shared.keeper.keys, () => this.#leave(issuer, shared))
    } catch (error) {
      this.#leave(issuer, shared)
      throw error
    }
  }

  /** What signs tokens of an issuer that is open. */
  of(issuer: string): StoredKeys {
    const shared = this.#shared.get(issuer)
    if (shared === undefined) throw new TypeError(`the keys of \`${issuer}\` are not open`)
    return shared.keeper.keys
  }

  close(): void {
    for (const { keeper } of this.#shared.values()) keeper.close()
    this.#shared.clear()
  }

  #share(issuer: string, block: IssuerBlock): Shared {
    const keeper = new KeyKeeper({ ...this.#parts, reread: this.#parts.reread(), issuer }, readKeyRules(block))
    const opening = keeper.open().catch((error) => {
      throw asStartFault(error, issuer)
    })
    const shared = { keeper, opening, users: 0 }
    this.#shared.set(issuer, shared)
    return shared
  }

  #leave(issuer: string, shared: Shared): void {
    if (--shared.users > 0) return
    if (this.#shared.get(issuer) === shared) this.#shared.delete(issuer)
    shared.keeper.close()
  }
}

/** One of the users of an issuer's keys; to close it twice is to close it once. */
function handle(keys: StoredKeys, leave: () => void): KeySource {
  let isOpen = true
  return {
    get generation() {
      return keys.generation
    },
    find: (wanted) => keys.find(wanted),
    renew: (wanted) => keys.renew(wanted),
    close: () => {
      if (isOpen) leave()
      isOpen = false
    },
  }
}

/** A field key that is gone, or a row that somebody has written over. */
function asStartFault(error: unknown, issuer: string): unknown {
  if (error instanceof FieldFault)
    return new StartFault(
      `the signing keys of issuer \`${issuer}\`: ${reasonOf(error)}; add the field key that sealed it to \`fieldKeys\` of \`settings.database\`, or run \`portcullis keys revoke\` for that row`,
      { cause: error },
    )
  return error instanceof TypeError
    ? new StartFault(`issuer \`${issuer}\`: ${reasonOf(error)}`, { cause: error })
    : error
}
