/** What is done at the end of a turn of the event loop, when all that could be read in it was read. */

import { AsyncResource } from 'node:async_hooks'

interface Act {
  readonly resource: AsyncResource
  run(): void
}

let waiting: Act[] = []

/**
 * Runs an act, in the async context of who asks for it, with those of others of this turn right behind one another: nothing
 * that they set off, such as the events of an answer that is finished, comes between them.
 */
export function atEndOfTurn(run: () => void): void {
  if (waiting.length === 0) setImmediate(runAll)
  waiting.push({ resource: new AsyncResource('PORTCULLIS_END_OF_TURN'), run })
}

/** What throws is nobody's to catch, and keeps no other from its turn. */
function runAll(): void {
  const acts = waiting
  waiting = []
  for (const { resource, run } of acts) {
    try {
      resource.runInAsyncScope(run)
    } catch (error) {
      queueMicrotask(() => {
        throw error
      })
    }
  }
}
