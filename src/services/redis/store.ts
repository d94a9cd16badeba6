/** The one way to Redis: scripts that are answered by a deadline, or not at all. */

/** A Lua script, known to Redis by the SHA-1 of its text. */
export interface Script {
  readonly text: string
  /** Hexadecimal. */
  readonly sha1: string
}

/** One Redis: a server, a cluster, or whoever is master for the sentinels. While it is away, everything fails at once. */
export interface Store {
  /**
   * Runs a script on keys of one slot. Rejects with `StoreAway` where no answer came by the deadline, where the connection
   * is gone, and at once while Redis is known to be away.
   */
  run(script: Script, keys: readonly string[], args: readonly (string | number | Buffer)[]): Promise<unknown>
  /** Keys that one script may touch together have the same slot; always 0 where it is no cluster. */
  slotOf(key: string): number
  /** Whether nothing would be asked. */
  readonly isAway: boolean
  close(): Promise<void>
}

/** Redis did not answer; what it was asked may have been done all the same. */
export class StoreAway extends Error {
  override readonly name = 'StoreAway'
}
