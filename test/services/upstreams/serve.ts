/** An upstream of raw sockets, behind pools whose clock stands still; every call is held to what receivers may expect. */

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import { UpstreamPools } from '../../../src/services/upstreams/pools.ts'
import type {
  AnswerReceiver,
  Calls,
  Target,
  UpstreamCall,
  UpstreamRequest,
} from '../../../src/services/upstreams/upstreams.ts'
import { HandClock } from '../../helpers/hand-clock.ts'

export interface Whole {
  readonly status: number
  readonly fields: readonly string[]
  readonly body: Buffer
}

export interface Failure {
  readonly error: NodeJS.ErrnoException
  readonly stale: boolean
}

/** What a test does at once when something is told. */
interface Acts {
  begun?(asked: Asked): void
  received?(asked: Asked, chunk: Buffer): void
  ended?(asked: Asked): void
  failed?(asked: Asked): void
}

/** A call, and what was told of it: a head, then bytes, then one end and nothing after it. */
export class Asked implements AnswerReceiver {
  readonly call: UpstreamCall
  /** The status of the final head. */
  readonly head = Promise.withResolvers<number>()
  /** The whole answer, or how it failed. */
  readonly outcome = Promise.withResolvers<Whole | Failure>()
  readonly faults: string[] = []
  readonly #acts: Acts
  #state: 'asked' | 'begun' | 'over' = 'asked'
  #status = 0
  #fields: readonly string[] = []
  readonly #chunks: Buffer[] = []

  constructor(calls: Calls, request: UpstreamRequest, acts: Acts) {
    this.#acts = acts
    this.call = calls.call(request, this)
  }

  /** Bytes of the body so far. */
  get size(): number {
    return this.#chunks.reduce((sum, { length }) => sum + length, 0)
  }

  get isOver(): boolean {
    return this.#state === 'over'
  }

  begun(status: number, fields: readonly string[]): void {
    this.#expect('begun', 'asked')
    this.#state = 'begun'
    this.#status = status
    this.#fields = fields
    this.head.resolve(status)
    this.#acts.begun?.(this)
  }

  received(chunk: Buffer): void {
    this.#expect('received', 'begun')
    this.#chunks.push(chunk)
    this.#acts.received?.(this, chunk)
  }

  ended(): void {
    this.#expect('ended', 'begun')
    this.#state = 'over'
    this.outcome.resolve({ status: this.#status, fields: this.#fields, body: Buffer.concat(this.#chunks) })
    this.#acts.ended?.(this)
  }

  failed(error: Error, stale: boolean): void {
    this.#expect('failed', 'asked', 'begun')
    this.#state = 'over'
    this.outcome.resolve({ error, stale })
    this.#acts.failed?.(this)
  }

  /** The answer; throws where it failed. Its connection is free by then, where it is kept. */
  async whole(): Promise<Whole> {
    const outcome = await this.outcome.promise
    if ('error' in outcome) throw outcome.error
    await turns(3)
    return outcome
  }

  /** Why it failed; throws where it did not. */
  async failure(): Promise<Failure> {
    const outcome = await this.outcome.promise
    if ('error' in outcome) return outcome
    throw new Error(`expected a failure, got ${outcome.status}`)
  }

  #expect(told: string, ...states: readonly string[]): void {
    if (!states.includes(this.#state)) this.faults.push(`${told} was told of a call that is ${this.#state}`)
  }
}

/** Lets the event loop turn. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await setImmediate()
}

/** One connection, as the upstream sees it. */
export class Peer {
  readonly socket: Socket
  readonly closed: Promise<void>
  /** What came and was not taken yet, as latin1. */
  text = ''
  #arrived = Promise.withResolvers<void>()

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk) => this.#take(chunk.toString('latin1')))
    socket.on('error', () => undefined)
    this.closed = new Promise((resolve) => socket.once('close', () => resolve(this.#take(''))))
  }

  #take(text: string): void {
    this.text += text
    this.#arrived.resolve()
    this.#arrived = Promise.withResolvers<void>()
  }

  send(text: string | Buffer): this {
    this.socket.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text)
    return this
  }

  /** Waits until so much has come; throws where the connection ends before. */
  async until(holds: (text: string) => boolean): Promise<string> {
    while (!holds(this.text)) {
      if (this.socket.closed) throw new Error(`the connection ended after ${JSON.stringify(this.text.slice(0, 1000))}`)
      await this.#arrived.promise
    }
    return this.text
  }

  /** Takes the head of the next request, with the empty line that ends it. */
  async head(): Promise<string> {
    const text = await this.until((text) => text.includes('\r\n\r\n'))
    return this.take(text.indexOf('\r\n\r\n') + 4)
  }

  /** The path of the next request, whose head it takes. */
  async path(): Promise<string | undefined> {
    return (await this.head()).split(' ')[1]
  }

  take(length: number): string {
    const taken = this.text.slice(0, length)
    this.text = this.text.slice(length)
    return taken
  }
}

export const answerWith = (body: string, ...lines: readonly string[]): string =>
  ['HTTP/1.1 200 OK', `Content-Length: ${body.length}`, ...lines, '', body].join('\r\n')

export interface Upstream {
  readonly port: number
  readonly clock: HandClock
  readonly pools: UpstreamPools
  readonly calls: Calls
  /** In the order in which they came. */
  readonly peers: readonly Peer[]
  /** By other calls than its own, where they are given. */
  ask(request?: Partial<UpstreamRequest>, acts?: Acts, on?: Calls): Asked
  /** The connection of this number, once it is there. */
  peer(index: number): Promise<Peer>
}

interface Place {
  /** Where it listens. */
  readonly host?: string
  /** `secureConnection` of a server of TLS. */
  readonly event?: string
  /** Beside the port, what makes the target. */
  readonly target?: (port: number) => Target
}

/** Listens until the test is over; fails the test where a receiver was told too much. */
export async function serve(
  t: ExecutionContext,
  server: Server = createServer(),
  place: Place = {},
): Promise<Upstream> {
  const {
    host = '127.0.0.1',
    event = 'connection',
    target = (port: number) => ({ origin: `http://127.0.0.1:${port}` }),
  } = place
  const peers: Peer[] = []
  server.on(event, (socket: Socket) => {
    peers.push(new Peer(socket))
    server.emit('peer')
  })
  await new Promise<void>((listening) => server.listen(0, host, listening))
  const { port } = server.address() as AddressInfo
  const asking = behindPools(t, target(port))
  t.teardown(() => stop(server, peers))
  const peer = async (index: number) => {
    for (;;) {
      const found = peers[index]
      if (found !== undefined) return found
      await new Promise((resolve) => server.once('peer', resolve))
    }
  }
  return { ...asking, port, peers, peer }
}

/** Pools for one target, and how it is asked. */
export function behindPools(t: ExecutionContext, target: Target) {
  const clock = new HandClock()
  const pools = new UpstreamPools(clock)
  const calls = pools.calls(target)
  const all: Asked[] = []
  const ask = (request: Partial<UpstreamRequest> = {}, acts: Acts = {}, on: Calls = calls): Asked => {
    const asked = new Asked(on, { method: 'GET', path: '/', lines: '', body: undefined, ...request }, acts)
    all.push(asked)
    return asked
  }
  t.teardown(async () => {
    pools.close()
    await new Promise((turn) => setTimeout(turn, 1))
    const faults = all.flatMap((asked) => (asked.isOver ? asked.faults : [...asked.faults, 'a call never ended']))
    if (faults.length > 0) throw new Error(faults.join('\n'))
  })
  return { clock, pools, calls, ask }
}

async function stop(server: Server, peers: readonly Peer[]): Promise<void> {
  server.close()
  for (const { socket } of peers) socket.destroy()
  await Promise.all(peers.map(({ closed }) => closed))
}
