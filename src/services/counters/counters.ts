/** Rate-limit state: how much of each limit a key has used. */

export type Algorithm = 'token-bucket' | 'sliding-window'

/** What becomes of a take that the shared store does not answer: counted by this node alone, passed over, or refused. */
export type StoreFailure = 'local' | 'allow' | 'deny'

/** One limit as compiled, the same object for every request; `id` is stable over reloads and restarts. */
export interface Limit {
  /** `[profile|service/][METHOD /path/]name` */
  readonly id: string
  readonly algorithm: Algorithm
  /** Requests (or cost units) a period. */
  readonly limit: number
  /** Milliseconds. */
  readonly period: number
  /** Capacity of the bucket; equals `limit` for a sliding window. */
  readonly burst: number
  readonly onStoreFailure: StoreFailure
}

/** One thing to take: so many units of one limit for one key. */
export interface Take {
  readonly limit: Limit
  readonly key: string
  readonly cost: number
}

/** Where a key stands after a take. */
export interface Standing {
  readonly limit: Limit
  /** Whole units left. */
  readonly remaining: number
  /** Milliseconds until the quota is whole again. */
  readonly reset: number
  /** Milliseconds until this take would fit; 0 where it did. `Infinity` where its cost can never fit. */
  readonly retryAfter: number
}

export interface Batch {
  readonly allowed: boolean
  /** In the order of the takes; none of a take that nobody judged. */
  readonly standings: readonly (Standing | undefined)[]
  /** The limit that refuses because the shared store does not answer. */
  readonly unavailable?: Limit
}

export interface Counters {
  /** Takes all or none; answers at once where the state is in this process. */
  take(takes: readonly Take[]): Batch | Promise<Batch>
  close(): Promise<void> | void
}

/** Counters in this process. */
export interface LocalCounters extends Counters {
  take(takes: readonly Take[]): Batch
}
