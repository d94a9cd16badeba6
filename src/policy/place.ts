/** Turns the faults of a block into findings at their places. */

import type { Fault } from '../core/diagnostic.ts'
import type { Finding } from './findings.ts'
import type { Origin } from './policy.ts'
import { below } from './source.ts'

/** Faults are told from the block's top; in a list with inherited items, each item has a place of its own. */
export function place(faults: readonly Fault[], origin: Origin, items: readonly Origin[] = []): readonly Finding[] {
  return faults.map(({ rule, path, message, hint, onKey }) => {
    const [first, ...rest] = path
    const item = typeof first === 'number' ? items[first] : undefined
    const at = item === undefined ? below(origin.at, ...path) : below(item.at, ...rest)
    return { rule, at, message, hint, onKey }
  })
}
