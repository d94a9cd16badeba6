/** Random ids for requests and traces. */

import { randomFillSync } from 'node:crypto'

const digits = 32
/** Drawn and written for many ids at once; one by one costs several times as much. */
const pool = Buffer.alloc((digits / 2) * 256)
let written = ''
let used = 0

/** 128 random bits as 32 hex digits, the form of a trace id (Trace Context §3.2.2.3). */
export function randomId(): string {
  if (used === written.length) {
    written = randomFillSync(pool).toString('hex')
    used = 0
  }
  used += digits
  return written.slice(used - digits, used)
}
