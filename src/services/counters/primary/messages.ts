/** What workers have counted by their primary process, in flat lists: most of what goes between them is this. */

import type { Limit } from '../counters.ts'

/** A limit that a worker has not named before; from then on its number stands for it, counted from 0. */
export type LimitTerms = readonly [
  id: string,
  algorithm: Limit['algorithm'],
  limit: number,
  period: number,
  burst: number,
]

/** A slot that is asked for, under a number of the worker's own. */
export type SlotAsked = readonly [ticket: number, pool: string, key: string, max: number, queue: number, wait: number]

/** What became of it: got, no place in the queue, or too late. */
export type SlotAnswer = readonly [ticket: number, outcome: 'held' | 'full' | 'late']

/** What gathered in one tick of a worker. */
export interface Asked {
  readonly limits: readonly LimitTerms[]
  /** For each request the number of its takes, and for each of them the limit's number, the key and the cost. */
  readonly takes: readonly (string | number)[]
  readonly slots: readonly SlotAsked[]
  /** Tickets that are given back. */
  readonly back: readonly number[]
}

/** The answer to one `Asked`; later ones of slots alone have no figures. */
export interface Answered {
  /** For each take what remains, the milliseconds until it is whole, and those until the take would fit. */
  readonly figures?: readonly number[]
  readonly slots: readonly SlotAnswer[]
}

/** By these names they are told. */
export const asked = 'counts'
export const answered = 'counted'
