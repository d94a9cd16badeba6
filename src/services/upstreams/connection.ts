/** One kept connection to an upstream: a request goes up, its answer comes back, and then the next. */

import type { Socket } from 'node:net'
import { fitsOnePiece } from '../../core/one-piece.ts'
import type { AnswerHead } from './answer-head.ts'
import { AnswerReader, type AnswerSink } from './answer-reader.ts'
import type { CarriedCall } from './carried-call.ts'
import type { Open } from './connector.ts'
import { isLast } from './request-head.ts'
import { cutShort, Upload } from './upload.ts'

export interface ConnectionOwner {
  /** It can carry another request, if one is there within so many milliseconds. */
  freed(connection: Connection, keep: number): void
  closed(connection: Connection): void
}

/** One for all: what was read is looked at before anything else is read. */
const buffer = Buffer.allocUnsafeSlow(64 * 1024)

const closedEarly = () => Object.assign(new Error('the upstream closed the connection'), { code: 'ECONNRESET' })
const unasked = new Error('the upstream sent what nobody asked for')

interface FirstCall {
  readonly owner: ConnectionOwner
  readonly opened: number
  readonly call: CarriedCall
  readonly head: string
}

export class Connection implements AnswerSink {
  /** In milliseconds of the owner's clock, as `keptUntil`. */
  readonly opened: number
  /** Until when a request may begin on it. */
  keptUntil = 0
  readonly #owner: ConnectionOwner
  readonly #socket: Socket
  readonly #reader: AnswerReader
  #call: CarriedCall | undefined
  #upload: Upload | undefined
  #rests = false
  #served = false
  /** A byte of the answer has come. */
  #begun = false
  #keep = 0
  #reason: Error | undefined

  /** Opens it for its first call. */
  constructor(open: Open, { owner, opened, call, head }: FirstCall) {
    this.#owner = owner
    this.opened = opened
    this.#reader = new AnswerReader(this)
    const callback = (count: number) => {
      this.#read(buffer.subarray(0, count))
      return true
    }
    this.#socket = open({ buffer, callback }, () => this.#write(head, call))
    this.#socket
      .on('end', () => this.#ended())
      .on('error', (error) => {
        this.#reason ??= error
      })
      .on('close', () => this.#closed())
      .on('drain', () => this.#upload?.resume())
    this.#take(call)
  }

  /** Not for one that has ended and is not closed yet. */
  get isOpen(): boolean {
    return !this.#socket.destroyed
  }

  /** It keeps no process alive until it is used again. */
  rest(): void {
    this.#rests = true
    this.#socket.unref()
  }

  /** For one that is free. */
  carry(call: CarriedCall, head: string): void {
    this.#take(call)
    this.#write(head, call)
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /** Whoever is carried is told of the reason. */
  destroy(reason: Error): void {
    this.#reason ??= reason
    this.#socket.destroy()
    this.#fail()
  }

  head({ status, fields, keep }: AnswerHead): void {
    this.#keep = keep
    this.#call?.receiver.begun(status, fields)
  }

  data(chunk: Buffer): void {
    this.#call?.receiver.received(chunk)
  }

  end(clean: boolean): void {
    const call = this.#call
    if (call === undefined) return
    const keep = clean && this.#isSent() && !isLast(call.request) ? this.#keep : 0
    this.#letGo()
    this.#served = true
    call.receiver.ended()
    if (keep > 0) this.#owner.freed(this, keep)
    else this.#socket.destroy()
  }

  /** Over TLS, what has gone out may be told of as such only a turn after the answer to it. */
  #isSent(): boolean {
    return (this.#upload?.isWhole ?? true) && !this.#socket.writableNeedDrain
  }

  #take(call: CarriedCall): void {
    if (this.#rests) this.#socket.ref()
    this.#rests = false
    this.#call = call
    this.#begun = false
    call.connection = this
    this.#reader.begin(call.request.method)
  }

  #write(head: string, { request: { body, length } }: CarriedCall): void {
    const socket = this.#socket
    if (body === undefined) socket.write(head, 'latin1')
    else if (Buffer.isBuffer(body)) this.#writeWhole(head, body)
    else if (body.destroyed) this.destroy(body.errored ?? cutShort)
    else {
      socket.write(head, 'latin1')
      this.#upload = new Upload(body, { socket, chunked: length === undefined, failed: (error) => this.destroy(error) })
    }
  }

  #writeWhole(head: string, body: Buffer): void {
    const socket = this.#socket
    if (fitsOnePiece(body)) socket.write(head + body.toString('latin1'), 'latin1')
    else {
      socket.cork()
      socket.write(head, 'latin1')
      socket.write(body)
      socket.uncork()
    }
  }

  #read(bytes: Buffer): void {
    this.#begun = true
    try {
      if (this.#call === undefined) throw unasked
      this.#reader.read(bytes)
    } catch (error) {
      this.destroy(error as Error)
    }
  }

  #ended(): void {
    if (this.#call !== undefined && this.#reader.close()) this.end(false)
    else this.destroy(closedEarly())
  }

  #closed(): void {
    this.#reason ??= closedEarly()
    this.#fail()
    this.#owner.closed(this)
  }

  #fail(): void {
    const call = this.#call
    if (call === undefined) return
    this.#letGo()
    call.receiver.failed(this.#reason ?? closedEarly(), this.#served && !this.#begun)
  }

  #letGo(): void {
    this.#upload?.stop()
    this.#upload = undefined
    if (this.#call) this.#call.connection = undefined
    this.#call = undefined
    if (this.#socket.isPaused()) this.#socket.resume()
  }
}
