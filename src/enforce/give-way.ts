/** Connections of refused requests give way: a client sends on when it has its answer, and many that do so hold up the others. */

import type { Socket } from 'node:net'

/** Refusals in one turn of the event loop after which nobody waits, and connections of the others that are read on in one. */
const refusalsATurn = 8

/**
 * Of two thousand connections that send what is refused no more than these are in the way of one that is let in, and of a
 * new connection (Node takes one a turn); what they send waits in the kernel and takes no memory here.
 */
class GiveWay {
  readonly #waiting: Socket[] = []
  #refused = 0
  #isAwaited = false

  /** A request of this connection was refused, and is over. */
  refused(socket: Socket): void {
    this.#await()
    if (++this.#refused <= refusalsATurn && this.#waiting.length === 0) return
    socket.pause()
    this.#waiting.push(socket)
  }

  #await(): void {
    if (this.#isAwaited) return
    this.#isAwaited = true
    setImmediate(this.#turn)
  }

  readonly #turn = (): void => {
    this.#isAwaited = false
    this.#refused = 0
    for (const socket of this.#waiting.splice(0, refusalsATurn)) socket.resume()
    if (this.#waiting.length > 0) this.#await()
  }
}

const connections = new GiveWay()

/** Reads on at once, or behind those that have waited longer. */
export const giveWay = (socket: Socket): void => connections.refused(socket)
