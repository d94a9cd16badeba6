/** What signed heads say that a log had grown to, at each size that one is about. */

import { logOf, type SignedHead } from '../../services/audit/note.ts'
import type { GivenHead } from './given-heads.ts'
import type { HeadKeys } from './head-keys.ts'
import { Tampering } from './report.ts'

interface Expected {
  readonly root: string
  readonly from: string
  readonly isGiven: boolean
  readonly isOwn: boolean
}

export class ExpectedHeads {
  readonly #at = new Map<number, Expected>()
  /** The largest size that a head was held against the records at; of all, and of those from elsewhere. */
  #proven = 0
  #provenByGiven = 0
  #largestGiven: Expected & { readonly size: number } = { size: 0, root: '', from: '', isGiven: true, isOwn: false }

  /** With the heads from elsewhere, of whatever logs: only those of this one count. */
  constructor(log: string, given: readonly GivenHead[], keys: HeadKeys) {
    for (const { head, from } of given.filter((each) => logOf(each.head.origin) === log)) {
      const fault = keys.faultOf(head)
      if (fault !== undefined)
        throw new Tampering({ file: from, record: head.size }, `the head at ${head.size} ${fault}`)
      this.add(head, from, true)
    }
  }

  /** Takes a head; two logs have grown from one where another root was signed at its size. */
  add({ size, root }: SignedHead, from: string, isGiven: boolean): void {
    const other = this.#at.get(size)
    if (other !== undefined && other.root !== root)
      throw new Tampering(
        { file: from, record: size },
        `two heads at ${size} have different roots: this one and that of \`${other.from}\``,
      )
    const expected = {
      root,
      from,
      isGiven: isGiven || other?.isGiven === true,
      isOwn: !isGiven || other?.isOwn === true,
    }
    this.#at.set(size, expected)
    if (isGiven && size > this.#largestGiven.size) this.#largestGiven = { ...expected, size }
  }

  /** What the log must have at this size, where a head says so. */
  rootAt(size: number): string | undefined {
    return this.#at.get(size)?.root
  }

  /** Holds the root that the log has at a size against the head about it; the file of the head, where it has another. */
  refute(size: number, root: string): string | undefined {
    const expected = this.#at.get(size)
    if (expected === undefined) return undefined
    if (expected.root !== root) return expected.from
    this.#proven = Math.max(this.#proven, size)
    if (expected.isGiven) this.#provenByGiven = Math.max(this.#provenByGiven, size)
    return undefined
  }

  /** A head from elsewhere about more than `above` records, up to `through`, that the log itself does not have. */
  unkept(above: number, through: number): { readonly size: number; readonly from: string } | undefined {
    for (const [size, { from, isOwn }] of this.#at) if (!isOwn && size > above && size <= through) return { size, from }
    return undefined
  }

  get proven(): number {
    return this.#proven
  }

  get provenByGiven(): number {
    return this.#provenByGiven
  }

  get largestGiven(): { readonly size: number; readonly from: string } {
    return this.#largestGiven
  }

  /** How many heads from elsewhere are about a log of at least `start` records, and how many about less. */
  countGiven(start: number): { readonly given: number; readonly beforeStart: number } {
    const sizes = [...this.#at].filter(([, { isGiven }]) => isGiven).map(([size]) => size)
    const given = sizes.filter((size) => size >= start).length
    return { given, beforeStart: sizes.length - given }
  }
}
