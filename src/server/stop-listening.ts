/** Stops taking connections without a reset for those who have just come. */

import type { Server } from 'node:http'
import { Server as NetServer } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'

/** New connections that never stop coming hold up the end no longer, in milliseconds. */
const longestMs = 1000
/** A turn of the event loop that takes longer may have let others in meanwhile, in milliseconds. */
const shortTurn = 0.1

/**
 * Closes the listener; calls back once every connection is gone, too. Idle ones are left alone: `closeIdleConnections` is
 * the caller's, and Node's timers for heads and bodies run on.
 */
export async function stopListening(server: Server, ended: () => void): Promise<void> {
  await takeIn(server)
  NetServer.prototype.close.call(server, ended)
}

/**
 * The kernel resets connections that wait to be accepted when their listener is closed. Node accepts one a turn, so those
 * that wait are in when a whole turn brought none.
 */
async function takeIn(server: Server): Promise<void> {
  let last = 0
  const note = () => {
    last = performance.now()
  }
  server.on('connection', note).on('drop', note)
  const until = performance.now() + longestMs
  let began: number
  do {
    await turn()
    began = performance.now()
    await turn()
  } while (!isQuiet(began, last) && performance.now() < until)
  server.off('connection', note).off('drop', note)
}

const isQuiet = (began: number, last: number): boolean => last < began && performance.now() - began < shortTurn
