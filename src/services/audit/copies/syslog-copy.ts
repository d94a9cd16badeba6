/** Copies records to a syslog server over TLS (RFC 5425). */

import { connect, type TLSSocket } from 'node:tls'
import { atMost } from '../../later.ts'
import { reasonOf } from '../../reason.ts'
import type { World } from '../../services.ts'
import { type OutgoingTls, outgoingOptions } from '../../tls/outgoing.ts'
import { Backlog, type BacklogParts } from './backlog.ts'
import type { Copy } from './copy.ts'
import { syslogFrame } from './syslog-message.ts'

export interface SyslogSettings extends OutgoingTls {
  readonly host: string
  /** 6514 unless told (RFC 5425 §4.1). */
  readonly port?: number | undefined
}

export interface SyslogParts extends Omit<BacklogParts, 'name'> {
  readonly world: Pick<World, 'log' | 'metrics' | 'status'>
}

/** On its way, and not yet in the hands of the operating system. */
interface Batch {
  readonly text: string
  readonly count: number
}

const second = 1_000
/** Written at once, in UTF-16 code units. */
const batchLength = 64 * 1024
/** For a connection to stand, and for a batch to be taken. */
const stallTimeout = 10 * second
/** A server that does not take our certificate says so only after the handshake (RFC 8446 §4.4.2.4). */
const settleTime = 100
const maxRetryDelay = 30 * second
/** That the end of the process waits for what is left, and then for the server to close. */
const lastTimeout = 3 * second

/** Syslog acknowledges nothing: of what was under way when a connection broke, `seq` shows what is missing. */
export class SyslogCopy implements Copy {
  readonly #settings: SyslogSettings
  readonly #parts: SyslogParts
  readonly #backlog: Backlog
  readonly #done = Promise.withResolvers<void>()
  #socket: TLSSocket | undefined
  #isReady = false
  #isPlanned = false
  #closed: Promise<void> | undefined
  #batch: Batch | undefined
  #failures = 0
  #cancelNext = () => {}

  constructor(settings: SyslogSettings, parts: SyslogParts) {
    this.#settings = settings
    this.#parts = parts
    this.#backlog = new Backlog({ ...parts, name: 'syslog' })
    this.#connect()
  }

  write(line: string): void {
    this.#backlog.push(line)
    if (this.#isPlanned || !this.#isReady || this.#batch !== undefined) return
    this.#isPlanned = true
    setImmediate(() => this.#flush())
  }

  close(): Promise<void> {
    this.#closed ??= this.#finish()
    return this.#closed
  }

  async #finish(): Promise<void> {
    if (this.#socket === undefined && !this.#isIdle) {
      this.#cancelNext()
      this.#connect()
    }
    if (!this.#isIdle) await atMost(lastTimeout, this.#done.promise)
    await this.#disconnect()
    if (this.#batch !== undefined) this.#backlog.drop(this.#batch.count)
    this.#backlog.close()
    this.#parts.world.status.clear(this)
  }

  get #isIdle(): boolean {
    return this.#batch === undefined && this.#backlog.isEmpty
  }

  #connect(): void {
    const { host, port = 6514, ...tls } = this.#settings
    const socket = connect({ ...outgoingOptions(tls, host), host, port })
    let reason = 'the server closed the connection'
    const late = () => socket.destroy(new Error(`no answer within ${stallTimeout} ms`))
    socket
      .setTimeout(stallTimeout, late)
      .setKeepAlive(true, 30 * second)
      .on('error', (error) => {
        reason = reasonOf(error)
      })
      .on('secureConnect', () => {
        this.#cancelNext = this.#parts.later(() => this.#ready(socket), settleTime)
      })
      .on('close', () => this.#lost(reason))
      .resume()
    this.#socket = socket
  }

  #ready(socket: TLSSocket): void {
    const { log, status } = this.#parts.world
    if (this.#failures > 0) log.info({ copy: 'syslog' }, 'audit records are copied again')
    this.#failures = 0
    status.clear(this)
    socket.setTimeout(0)
    this.#isReady = true
    this.#flush()
  }

  /** One batch at a time: the next goes when the operating system has taken this one. */
  #flush(): void {
    this.#isPlanned = false
    const socket = this.#socket
    if (!this.#isReady || socket === undefined) return
    if (this.#isIdle) {
      if (this.#closed !== undefined) this.#done.resolve()
      return
    }
    this.#batch ??= this.#nextBatch()
    socket.setTimeout(stallTimeout)
    socket.write(this.#batch.text, (error) => {
      if (error) return
      this.#batch = undefined
      socket.setTimeout(0)
      this.#flush()
    })
  }

  #nextBatch(): Batch {
    const lines = this.#backlog.take(batchLength)
    return { text: lines.map(syslogFrame).join(''), count: lines.length }
  }

  #lost(reason: string): void {
    const { log, status } = this.#parts.world
    this.#cancelNext()
    this.#socket = undefined
    this.#isReady = false
    this.#done.resolve()
    if (this.#closed !== undefined) return
    const sentence = `audit records are not copied: ${reason}`
    if (this.#failures === 0) log.warn({ copy: 'syslog' }, sentence)
    status.report(this, 'audit/copies/syslog', sentence)
    const delay = Math.min(second * 2 ** this.#failures++, maxRetryDelay)
    this.#cancelNext = this.#parts.later(() => this.#connect(), delay)
  }

  async #disconnect(): Promise<void> {
    this.#cancelNext()
    const socket = this.#socket
    if (socket === undefined) return
    const closed = new Promise((resolve) => socket.once('close', resolve))
    if (this.#isReady) {
      socket.end()
      await atMost(lastTimeout, closed)
    }
    socket.destroy()
    await closed
  }
}
