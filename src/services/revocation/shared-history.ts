/** The revocations in Redis, as one node writes them and reads on in them. */

import { randomBytes } from 'node:crypto'
import type { Store } from '../redis/store.ts'
import type { Entry } from './entry.ts'
import { mostEntries } from './revocation-list.ts'
import { addScript, keysOfRevocation, readScript } from './revocation-scripts.ts'

/** Entries that one script writes, or reads: a millisecond or two of Redis. */
const written = 500
const page = 2_000

/** What became of an entry, by what the script answers. */
const meanings = ['full', 'new', 'known'] as const
type Added = (typeof meanings)[number]

export class SharedHistory {
  readonly #store: Store
  readonly #keys: readonly string[]
  #mark = ''
  #place = '0'

  constructor(store: Store, prefix: string) {
    this.#store = store
    this.#keys = keysOfRevocation(prefix)
  }

  /** Nothing was read yet, or what was read is another history. */
  get isUnread(): boolean {
    return this.#mark === ''
  }

  /** Writes entries; resolves to what became of each. */
  async add(added: readonly Entry[]): Promise<readonly Added[]> {
    const results: Added[] = []
    for (let at = 0; at < added.length; at += written) {
      const args = added
        .slice(at, at + written)
        .flatMap(({ key, issuedUntil, forgetAt }) => [key, issuedUntil, forgetAt])
      const mark = randomBytes(9).toString('base64url')
      const answer = (await this.#store.run(addScript, this.#keys, [mostEntries, mark, ...args])) as readonly number[]
      results.push(...answer.map((code) => meanings[Number(code)] ?? 'full'))
    }
    return results
  }

  /** Tells of what was written since the last time, in order; resolves to false where that was in another history. */
  async read(tell: (entry: Entry) => void): Promise<boolean> {
    for (;;) {
      const answer = (await this.#store.run(readScript, this.#keys, [this.#mark, this.#place, page])) as unknown[]
      const [mark, place, ...rest] = answer.map(String)
      if (mark === undefined || place === undefined) return this.#rewind()
      for (let at = 0; at < rest.length; at += 2) tell(readEntry(rest[at] ?? '', rest[at + 1] ?? ''))
      this.#mark = mark
      this.#place = place
      if (rest.length < page * 2) return true
    }
  }

  #rewind(): false {
    this.#mark = ''
    this.#place = '0'
    return false
  }
}

function readEntry(key: string, value: string): Entry {
  const [issuedUntil = 0, forgetAt = 0] = value.split(' ').map(Number)
  return { key, issuedUntil, forgetAt }
}
