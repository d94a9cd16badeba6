/** The open connections of a server: what each is at, so that a refusal never falls into another answer. */

import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** How long a refused client is given to read the answer before its connection is cut, in milliseconds. */
const patience = 1000

export class Connections {
  readonly #server: Server
  /** The latest response of each connection; none before its first request. */
  readonly #latest = new Map<Duplex, ServerResponse | undefined>()
  #draining = false

  /** Serves `limit` of them at a time; one beyond stays for as long as it takes to be told so. */
  constructor(server: Server, limit: number) {
    this.#server = server
    server.on('connection', (socket) => {
      if (this.#latest.size >= limit) return cutSoon(socket)
      this.#latest.set(socket, undefined)
      socket.once('close', () => this.#latest.delete(socket))
    })
  }

  /** Takes note of a request that begins, and says whether it is to be served. */
  begin(socket: Socket, res: ServerResponse): boolean {
    if (!this.#latest.has(socket)) return false
    this.#latest.set(socket, res)
    if (this.#draining) this.#makeLast(res)
    return true
  }

  /** Refuses what came last: after the answers that the connection still owes, and not where its own has begun. */
  refuse(socket: Duplex, answer: string): void {
    const latest = this.#latest.get(socket)
    if (latest === undefined) finish(socket, answer)
    else if (latest.req.complete && !latest.closed) latest.once('close', () => finish(socket, answer))
    else if (isQueued(latest)) latest.once('socket', () => finishAfter(socket, latest, answer))
    else finish(socket, latest.req.complete || isOwed(latest) ? answer : '')
  }

  /** Lets every connection end with the answers that it owes. */
  drain(): void {
    this.#draining = true
    for (const [socket, latest] of this.#latest) {
      if (latest !== undefined) this.#makeLast(latest)
      else if (isUnused(socket)) socket.destroy()
    }
  }

  /** Ends the connections that are left; where an answer has not begun, with this one. */
  cut(answer: string): void {
    for (const [socket, latest] of this.#latest) {
      if (latest !== undefined && isOwed(latest)) finish(socket, answer)
      else socket.destroy()
    }
  }

  /** A head that is out already said `keep-alive`: its connection is idle afterwards, and closed as such. */
  #makeLast(res: ServerResponse): void {
    res.shouldKeepAlive = false
    res.once('close', () => this.#server.closeIdleConnections())
  }
}

/** Whether nothing came yet: browsers open connections ahead of need. */
export const isUnused = (socket: Duplex): boolean => 'bytesRead' in socket && socket.bytesRead === 0

/** Whether the client waits for this response next, and has nothing of it. */
const isOwed = (res: ServerResponse): boolean => !res.headersSent && res.socket !== null

/** Whether the answers to earlier requests come first. */
const isQueued = (res: ServerResponse): boolean => res.socket === null && !res.writableFinished && !res.closed

/** Where an answer that is not yet written out has begun already, it is the last. */
function finishAfter(socket: Duplex, res: ServerResponse, answer: string): void {
  if (!res.headersSent) finish(socket, answer)
  else process.nextTick(finish, socket, '')
}

/** Sends the end; what still comes is thrown away for a moment, since a reset would take the answer along. */
function finish(socket: Duplex, answer: string): void {
  if (!socket.writable) return void socket.destroy()
  socket.end(answer)
  cutSoon(socket)
}

const cutSoon = (socket: Duplex): void => void setTimeout(() => socket.destroy(), patience).unref()
