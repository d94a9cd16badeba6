/** Random ids for requests and traces. */

import { randomFillSync } from 'node:crypto'

const bytes = 16
/** Drawn for many ids at once; one by one costs several times as much. */
const pool = Buffer.alloc(bytes * 256)
let used = pool.length

/** 128 random bits as 32 hex digits, the form of a trace id (Trace Context §3.2.2.3). */
export function randomId(): string {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += bytes
  return pool.toString('hex', used - bytes, used)
}
