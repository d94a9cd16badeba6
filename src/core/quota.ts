/** What is left to a client of one limit: what the rate-limit headers tell. */
export interface Quota {
  /** The limit's id, for logs and decisions; never sent. */
  readonly id: string
  readonly name: string
  /** Units that can be used at once: the burst of a bucket, the limit of a window. */
  readonly size: number
  /** Units a period of so many seconds. */
  readonly limit: number
  readonly seconds: number
  readonly remaining: number
  /** Milliseconds until it is whole again. */
  readonly reset: number
  /** Milliseconds until the request would have fitted; 0 where it did. */
  readonly retryAfter: number
}
