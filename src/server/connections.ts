/** The open connections of a server: what each is at, so that none is closed over a request, nor a refusal put into an answer. */

import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { Server as TlsServer } from 'node:tls'
import { announceClose } from '../enforce/closing.ts'

/** How long a client whose connection ends is given to read the end, in milliseconds. */
const patience = 1000
/** At the end, a connection over which nothing comes is kept so long, in milliseconds. */
const quiet = 500

export class Connections {
  /** The latest response of each connection; none before its first request. */
  readonly #latest = new Map<Duplex, ServerResponse | undefined>()
  /** Whose next answer is their last. */
  readonly #leaving = new WeakSet<Duplex>()
  readonly #last = new WeakSet<ServerResponse>()
  /** Under TLS: what the kernel has, handshakes included. */
  readonly #raw = new Set<Socket>()
  readonly #server: Server
  #draining = false
  #isCut = false
  #sweeping: NodeJS.Timeout | undefined

  /** Serves `limit` of them at a time; one beyond stays for as long as it takes to be told so. */
  constructor(server: Server, limit: number) {
    this.#server = server
    const isSecure = server instanceof TlsServer
    if (isSecure) server.on('connection', (socket) => this.#noteRaw(socket))
    server.on(isSecure ? 'secureConnection' : 'connection', (socket: Socket) => {
      if (this.#isCut) return void socket.destroy()
      if (this.#latest.size >= limit) return cutSoon(socket)
      this.#latest.set(socket, undefined)
      socket.once('close', () => this.#latest.delete(socket))
      if (isSecure) this.#sweepSoon()
    })
  }

  /** Takes note of a request that begins, and says whether it is to be served. */
  begin(socket: Socket, res: ServerResponse): boolean {
    if (!this.#latest.has(socket)) return false
    const before = this.#latest.get(socket)
    this.#latest.set(socket, res)
    if (this.#draining || this.#leaving.has(socket)) this.#follow(socket, before, res)
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

  /** From here on the next answer of each connection that is open now is its last: clients go while others are still let in. */
  dismiss(): void {
    for (const [socket, latest] of this.#latest) {
      this.#leaving.add(socket)
      if (latest !== undefined) this.#makeLast(latest)
    }
  }

  /** No more come: the next answer of every connection is its last, and those that are idle are closed. */
  drain(): void {
    this.#draining = true
    for (const latest of this.#latest.values()) if (latest !== undefined) this.#makeLast(latest)
    this.#sweepSoon()
  }

  /** Ends the connections that are left; where an answer has not begun, with this one. */
  cut(answer: string): void {
    for (const [socket, latest] of this.#latest) {
      if (latest !== undefined && isOwed(latest)) finish(socket, answer)
      else socket.destroy()
    }
    this.#isCut = true
    for (const socket of this.#raw) cutSoon(socket)
  }

  #noteRaw(socket: Socket): void {
    this.#raw.add(socket)
    socket.once('close', () => this.#raw.delete(socket))
  }

  /** Of pipelined requests the last is answered last; after an answer that said so, none is obeyed (RFC 9112 §9.6). */
  #follow(socket: Socket, before: ServerResponse | undefined, res: ServerResponse): void {
    const isLate = before !== undefined && this.#last.has(before)
    if (isLate && before.headersSent) announceClose(socket)
    else if (isLate) before.shouldKeepAlive = true
    this.#makeLast(res)
  }

  /** A head that is out already promised to keep the connection: it is swept once it is idle. */
  #makeLast(res: ServerResponse): void {
    if (res.headersSent) res.once('close', () => this.#sweepSoon())
    else if (res.shouldKeepAlive) {
      res.shouldKeepAlive = false
      this.#last.add(res)
    }
  }

  /**
   * Closing a connection over which a request is on its way is a reset for its client: so those that are idle are closed
   * when none has become so for a while, and when all that the kernel has was read.
   */
  #sweepSoon(): void {
    if (!this.#draining) return
    clearTimeout(this.#sweeping)
    this.#sweeping = setTimeout(() => setImmediate(() => this.#sweep()), quiet).unref()
  }

  #sweep(): void {
    this.#server.closeIdleConnections()
    for (const socket of [...this.#latest.keys(), ...this.#raw]) if (isUnused(socket)) socket.destroy()
  }
}

/** Whether nothing came yet: browsers open connections ahead of need. What TLS is agreed on by is nothing. */
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
