/** A client that speaks raw bytes, for requests that no HTTP library would send. */

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectSecure, type TLSSocket } from 'node:tls'

export interface RawAnswer {
  readonly status: number
  /** Lower-case name → value; of a repeated one, the last. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

export class RawClient {
  readonly socket: Socket
  #received = ''
  #arrived = Promise.withResolvers<void>()
  #ended = false

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setNoDelay()
    socket.on('data', (chunk) => this.#take(chunk.toString('latin1')))
    socket.on('error', () => {})
    for (const event of ['end', 'close']) socket.on(event, () => this.#take('', true))
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    const client = new RawClient(socket)
    await once(socket, 'connect')
    return client
  }

  /** Over TLS; takes any certificate unless told. */
  static async secure(
    port: number,
    options: ConnectionOptions = {},
  ): Promise<RawClient & { readonly socket: TLSSocket }> {
    const socket = connectSecure({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options })
    const client = new RawClient(socket)
    await once(socket, 'secureConnect')
    return client as RawClient & { readonly socket: TLSSocket }
  }

  #take(text: string, ended = false): void {
    this.#received += text
    this.#ended ||= ended
    this.#arrived.resolve()
    this.#arrived = Promise.withResolvers<void>()
  }

  send(bytes: string | Buffer): this {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
    return this
  }

  /** The next answer; fails when the connection ends before it is whole. */
  async answer(): Promise<RawAnswer> {
    for (;;) {
      const read = readAnswer(this.#received)
      if (read) {
        this.#received = this.#received.slice(read.end)
        return read.answer
      }
      if (this.#ended) throw new Error(`the connection ended after ${JSON.stringify(this.#received)}`)
      await this.#arrived.promise
    }
  }

  /** What is left to read once the server has closed the connection. */
  async rest(): Promise<string> {
    while (!this.#ended) await this.#arrived.promise
    this.socket.destroy()
    return this.#received
  }
}

function readAnswer(text: string): { readonly answer: RawAnswer; readonly end: number } | undefined {
  const head = text.indexOf('\r\n\r\n')
  if (head === -1) return undefined
  const [start = '', ...lines] = text.slice(0, head).split('\r\n')
  const headers = new Map(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  const end = head + 4 + Number(headers.get('content-length') ?? 0)
  if (text.length < end) return undefined
  return { answer: { status: Number(start.split(' ')[1]), headers, body: text.slice(head + 4, end) }, end }
}

/** Asks over one connection until the server says that it ends it; the last answer. */
export async function untilLast(client: RawClient, bytes: string): Promise<RawAnswer> {
  const answer = await client.send(bytes).answer()
  return answer.headers.get('connection') === 'close' ? answer : untilLast(client, bytes)
}

/** Sends bytes over a connection of their own and reads one answer; `closed` tells whether the server ended it after that. */
export async function ask(port: number, bytes: string | Buffer): Promise<RawAnswer & { readonly closed: boolean }> {
  const client = await RawClient.connect(port)
  try {
    const answer = await client.send(bytes).answer()
    return { ...answer, closed: answer.headers.get('connection') === 'close' }
  } finally {
    client.socket.destroy()
  }
}
