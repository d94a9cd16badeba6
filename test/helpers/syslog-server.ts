/** A syslog server over TLS (RFC 5425) that reads to the letter, and can stop reading. */

import { EventEmitter, once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import type { Certificate } from './certificates.ts'

export interface SyslogMessage {
  readonly priority: number
  readonly time: string
  readonly host: string
  readonly app: string
  readonly process: string
  readonly id: string
  readonly text: string
}

/** RFC 5424 §6, without structured data. */
const message =
  /^<(0|[1-9]\d{0,2})>1 (-|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z) ([!-~]{1,255}) ([!-~]{1,48}) ([!-~]{1,128}) ([!-~]{1,32}) - (.*)$/s

export class SyslogServer extends EventEmitter {
  readonly messages: SyslogMessage[] = []
  readonly sockets = new Set<TLSSocket>()
  /** Stops reading what comes. */
  isStalled = false
  port = 0
  readonly #certificate: Certificate
  #server: Server | undefined

  constructor(certificate: Certificate) {
    super()
    this.#certificate = certificate
  }

  async start(): Promise<void> {
    this.#server = createServer({ ...this.#certificate }, (socket) => this.#serve(socket))
    await once(this.#server.listen(this.port, '127.0.0.1'), 'listening')
    this.port = (this.#server.address() as AddressInfo).port
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    if (this.#server?.listening) await new Promise((resolve) => this.#server?.close(resolve))
  }

  resume(): void {
    this.isStalled = false
    for (const socket of this.sockets) socket.resume()
  }

  #serve(socket: TLSSocket): void {
    this.sockets.add(socket)
    this.emit('connected')
    let rest: Buffer = Buffer.alloc(0)
    socket
      .on('error', () => {})
      .on('close', () => this.sockets.delete(socket))
      .on('data', (chunk) => {
        rest = this.#read(Buffer.concat([rest, chunk]))
      })
    if (this.isStalled) socket.pause()
  }

  /** Takes the whole frames (RFC 5425 §4.3) off the front. */
  #read(bytes: Buffer): Buffer {
    let at = 0
    for (;;) {
      const space = bytes.indexOf(0x20, at)
      if (space === -1) return bytes.subarray(at)
      const count = bytes.toString('latin1', at, space)
      if (!/^[1-9]\d*$/.test(count)) throw new Error(`expected an octet count, got ${JSON.stringify(count)}`)
      const end = space + 1 + Number(count)
      if (end > bytes.length) return bytes.subarray(at)
      this.#take(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(space + 1, end)))
      at = end
    }
  }

  #take(frame: string): void {
    const [whole, priority, time = '', host = '', app = '', process = '', id = '', text = ''] =
      message.exec(frame) ?? []
    if (whole === undefined) throw new Error(`expected a message of RFC 5424, got ${JSON.stringify(frame)}`)
    this.messages.push({ priority: Number(priority), time, host, app, process, id, text })
  }
}
