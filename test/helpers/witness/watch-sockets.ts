/** Takes down what goes over the connections that a test opens by itself, without a client of HTTP. */

import { syncBuiltinESMExports } from 'node:module'
import net, { type Socket } from 'node:net'
import tls from 'node:tls'
import { answersOf, type Headers, noteAnswer, noteBody, noteHeaders } from './note-exchange.ts'
import type { TestRecord } from './record.ts'
import { before } from './watch-processes.ts'

const tests = new URL('../..', import.meta.url).href

export function watchSockets(record: TestRecord): void {
  watchConnect(net, record)
  watchConnect(tls, record)
  syncBuiltinESMExports()
}

function watchConnect(module: { connect(...args: never[]): Socket }, record: TestRecord): void {
  const { connect } = module
  module.connect = (...args) => {
    const socket = Reflect.apply(connect, module, args)
    if (isCalledByTest(new Error().stack)) watchSocket(record, socket)
    return socket
  }
}

/** Clients of HTTP, Redis and Postgres call the same function. */
const isCalledByTest = (stack = ''): boolean => stack.split('\n')[2]?.includes(tests) ?? false

function watchSocket(record: TestRecord, socket: Socket): void {
  const sent = new Transcript((bytes) => noteSent(record, bytes))
  const received = new Transcript((bytes) => noteReceived(record, bytes))
  for (const method of ['write', 'end'] as const) before(socket, method, (chunk) => sent.add(chunk))
  before(socket, 'push', (chunk) => received.add(chunk))
  socket.once('close', () => {
    sent.tell()
    received.tell()
  })
}

/** As much as is looked at together. */
const pieceBytes = 2 ** 20

const unfinished = new Set<Transcript>()
process.once('exit', () => {
  for (const transcript of unfinished) transcript.tell()
})

/** One direction of a connection: of many at a time, each is looked at by itself. */
class Transcript {
  readonly #note: (bytes: Buffer) => void
  #chunks: Uint8Array[] = []
  #bytes = 0

  constructor(note: (bytes: Buffer) => void) {
    this.#note = note
  }

  add(chunk: unknown): void {
    if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) return
    const bytes = Buffer.from(chunk)
    this.#chunks.push(bytes)
    this.#bytes += bytes.length
    unfinished.add(this)
    if (this.#bytes >= pieceBytes) this.tell()
  }

  tell(): void {
    unfinished.delete(this)
    if (this.#bytes > 0) this.#note(Buffer.concat(this.#chunks))
    this.#chunks = []
    this.#bytes = 0
  }
}

function noteSent(record: TestRecord, bytes: Buffer): void {
  noteHeaders(record, headersOf(bytes.toString('latin1')))
  noteBody(record, bytes)
}

/** One answer after the other; of what is none, all of it. */
function noteReceived(record: TestRecord, bytes: Buffer): void {
  for (const part of bytes.toString('latin1').split(/(?=HTTP\/1\.[01] \d{3}[ \r])/)) {
    const status = /^HTTP\/1\.[01] (\d{3})/.exec(part)?.[1]
    if (status === undefined) answersOf(record)(Buffer.from(part, 'latin1'))
    else noteRawAnswer(record, Number(status), part)
  }
}

function noteRawAnswer(record: TestRecord, status: number, text: string): void {
  const [head = '', ...body] = text.split('\r\n\r\n')
  const headers = headersOf(head)
  noteHeaders(record, headers)
  noteAnswer(record, status, headers)(Buffer.from(body.join('\r\n\r\n'), 'latin1'))
}

const headersOf = (text: string): Headers =>
  Array.from(text.matchAll(/^([\w-]+):[ \t]*([^\r\n]+)/gm), ([, name = '', value = '']) => [name.toLowerCase(), value])
