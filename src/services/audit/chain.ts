/**
 * What a log has grown to: every record names the hash of the one before, and the same hashes are the leaves of the
 * Merkle tree (RFC 9162 §2.1.1) whose root is signed. One hash a record gives both.
 */

import { hash } from 'node:crypto'

/** A chain at rest, as segments and removals quote it. */
export interface ChainState {
  /** How many records there are. */
  readonly size: number
  /** The leaf hash of the last one, in base64; empty where there is none. */
  readonly prev: string
  /** The roots of the perfect trees that the records make up, largest first, in base64. */
  readonly peaks: readonly string[]
}

const empty: ChainState = { size: 0, prev: '', peaks: [] }

/** Of the members that only the log itself can give a record. */
export const recordVersion = 1

export class Chain {
  readonly log: string
  #size: number
  #prev: string
  #peaks: string[]

  /** Continues a state; throws `RangeError` for one that no chain can be in. */
  constructor(log: string, state: ChainState = empty) {
    this.log = log
    this.#size = state.size
    this.#prev = state.prev
    this.#peaks = [...state.peaks]
    if (!isState(state)) throw new RangeError('no chain can be in this state')
  }

  get size(): number {
    return this.#size
  }

  get state(): ChainState {
    return { size: this.#size, prev: this.#prev, peaks: [...this.#peaks] }
  }

  /** How the next record begins, to the byte. */
  get prefix(): string {
    return `{"v":${recordVersion},"log":"${this.log}","seq":${this.#size + 1},"prev":"${this.#prev}",`
  }

  /** Takes the next record: its line, without the line feed. */
  push(line: string): void {
    this.pushLeaf(hash('sha256', `\0${line}`, 'base64'))
  }

  /** Takes the next record by its leaf hash, in base64: SHA-256 over a zero byte and the bytes of its line. */
  pushLeaf(leaf: string): void {
    this.#prev = leaf
    let node = leaf
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2)
      node = nodeHash(this.#peaks.pop() as string, node)
    this.#peaks.push(node)
    this.#size++
  }

  /** The Merkle tree hash over all records, in base64 (RFC 9162 §2.1.1). */
  root(): string {
    const [last, ...others] = this.#peaks.toReversed()
    if (last === undefined) return hash('sha256', '', 'base64')
    return others.reduce((right, left) => nodeHash(left, right), last)
  }

  /** The same chain, to try out what comes next. */
  fork(): Chain {
    return new Chain(this.log, this.state)
  }
}

const hashPattern = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/
export const isHash = (text: string): boolean => hashPattern.test(text)

function isState({ size, prev, peaks }: ChainState): boolean {
  if (!Number.isSafeInteger(size) || size < 0) return false
  const count = [...size.toString(2)].filter((bit) => bit === '1').length
  return peaks.length === count && peaks.every(isHash) && (size === 0 ? prev === '' : isHash(prev))
}

/** Hashes travel as base64: a buffer for each costs more than the hashing. */
const pair = Buffer.alloc(65, 1)

function nodeHash(left: string, right: string): string {
  pair.write(left, 1, 'base64')
  pair.write(right, 33, 'base64')
  return hash('sha256', pair, 'base64')
}
