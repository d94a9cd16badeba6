/** The end of the process: what is still open is closed in time, or left behind with a word in the log. */

import { setTimeout as delay } from 'node:timers/promises'
import type { Log } from '../services/log.ts'

/** What is closed at the end. */
export interface Part {
  /** For the log. */
  readonly name: string
  /** How long it may take, in milliseconds. */
  readonly patience: number
  close(): Promise<unknown>
  /** What is lost where it is not closed: the exit status says so. */
  lost?(): object
}

/** What code of the user's own keeps the process alive gets this long to end, in milliseconds. */
const lingering = 500

/** What was logged last is on its way so long, in milliseconds. */
const flushing = 100

/** Closes the parts in this order, each in its time; the exit status, 1 where something is lost. */
export async function leave(log: Log, parts: readonly Part[]): Promise<number> {
  let code = 0
  for (const part of parts) if (!(await closeInTime(log, part)) && part.lost !== undefined) code = 1
  if (code !== 0) await endSoon(code)
  setTimeout(endLate, lingering, log).unref()
  return code
}

async function closeInTime(log: Log, { name, patience, close, lost }: Part): Promise<boolean> {
  const over = new AbortController()
  const late = delay(patience, 'late', { signal: over.signal }).catch(() => {})
  const cause = await Promise.race([late, close().catch((err: unknown) => ({ err }))])
  over.abort()
  if (cause === 'late') log.error({ ...lost?.() }, `${name} did not close within ${patience} ms, and is left behind`)
  else if (cause instanceof Object && 'err' in cause) log.error(cause, `${name} could not be closed`)
  else return true
  return false
}

function endLate(log: Log): void {
  const holding = [...new Set(process.getActiveResourcesInfo())]
  log.warn({ holding }, 'something still runs that nobody waits for; the process ends')
  void endSoon(0)
}

/** Ends the process once what was logged last is out. */
export async function endSoon(code: number): Promise<void> {
  await delay(flushing)
  endNow(code)
}

/**
 * Ends the process whatever its threads hang at: `process.exit` waits for those that are in the file system, which a disk
 * that does not answer holds for ever. To become another program needs none of them.
 */
export function endNow(code: number): never {
  // What waits in the log is written; what is on its way beside may be lost.
  process.emit('exit', code)
  process.execve?.(process.execPath, [process.execPath, '--eval', `process.exitCode = ${code}`], {})
  process.exit(code)
}
