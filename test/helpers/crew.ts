/** `serve --workers` in processes of its own, with an upstream that counts, and what its operator asks. */

import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'
import { type Options, type Served, serveCommand } from './command.ts'
import { writePolicies } from './gate.ts'
import { until } from './until.ts'

export const token = 'q7Vw2mZ0fXn5sRk8yB3tLcJ6hDpG9aEu'

/** Settings with an admin listener, which the functions below ask. */
export const settings = "settings:\n  admin: { port: 0, token: '${secret:admin}' }\n"

export interface Worker {
  readonly pid: number
  readonly status: string
  readonly digest?: string
}

export interface Ready {
  readonly status: string
  readonly faults: Readonly<Record<string, string>>
  readonly policy: { readonly digest: string }
  readonly workers: readonly Worker[]
}

export interface Crew extends Served {
  readonly directory: string
  /** Calls the admin listener. */
  admin(method: string, path: string): Promise<Answer>
  ready(): Promise<Ready>
  /** The processes that serve. */
  pids(): Promise<readonly number[]>
  says(holds: (line: Readonly<Record<string, unknown>>) => boolean): Promise<Readonly<Record<string, unknown>>>
}

/** Serves the files until the test is over. */
export async function startCrew(
  t: ExecutionContext,
  files: Readonly<Record<string, string>>,
  { args = ['--workers', '4'], ...options }: Options & { readonly args?: readonly string[] } = {},
): Promise<Crew> {
  const directory = writePolicies(files)
  const env = { PORTCULLIS_SECRET_ADMIN: token, ...options.env }
  const served = await serveCommand([directory, ...args], { ...options, env })
  t.teardown(async () => {
    if (served.child.exitCode === null && served.child.signalCode === null) await served.end('SIGKILL')
  })
  const url = served.logged().find((line) => line.admin)?.admin
  const admin = (method: string, path: string) =>
    call(`${url}${path}`, { method, headers: { Authorization: `Bearer ${token}` } })
  const ready = async () => JSON.parse((await admin('GET', '/ready')).body) as Ready
  return {
    ...served,
    directory,
    admin,
    ready,
    pids: async () => (await ready()).workers.filter(({ status }) => status === 'ready').map(({ pid }) => pid),
    async says(holds) {
      await until(() => served.logged().some(holds))
      return served.logged().find(holds) ?? {}
    },
  }
}

export interface Answer {
  readonly status: number
  readonly body: string
  readonly headers: IncomingMessage['headers']
}

export interface Calling {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** A connection of its own unless told. */
  readonly agent?: Agent | false
}

export function call(url: string, { agent = false, ...options }: Calling = {}): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const outgoing = request(url, { agent, ...options }, (incoming) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk) => chunks.push(chunk)).once('error', reject)
    incoming.once('end', () => {
      const { statusCode: status = 0, headers } = incoming
      resolve({ status, headers, body: Buffer.concat(chunks).toString() })
    })
  })
  outgoing.once('error', reject).end()
  return promise
}

/** Counts by target what comes, and answers after so many milliseconds. */
export async function startCounting(t: ExecutionContext, delay = 0) {
  const counts = new Map<string, number>()
  const server = createServer((req, res) => {
    counts.set(req.url ?? '', (counts.get(req.url ?? '') ?? 0) + 1)
    setTimeout(() => res.end('upstream'), delay)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close().closeAllConnections())
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, of: (target: string) => counts.get(target) ?? 0 }
}

/** Clients that call without a pause: most over connections that they keep, a third over new ones. */
export class Load {
  /** What came of each call: a status, or the code of an error. */
  readonly outcomes = new Map<string, number>()
  readonly bodies = new Set<string>()
  calls = 0
  readonly #url: string
  readonly #agent = new Agent({ keepAlive: true })
  readonly #clients: readonly Promise<void>[]
  #isOver = false
  #isLeaving = false

  constructor(url: string, clients = 12) {
    this.#url = url
    this.#clients = Array.from({ length: clients }, (_, index) => this.#client(index % 3 === 0))
  }

  count(outcome: string): number {
    return this.outcomes.get(outcome) ?? 0
  }

  /** As load balancers do with a server that is no more ready: no new connections; the others, until it closes them. */
  async leave(): Promise<void> {
    this.#isLeaving = true
    await this.#ended()
  }

  async end(): Promise<void> {
    this.#isOver = true
    await this.#ended()
  }

  async #ended(): Promise<void> {
    await Promise.all(this.#clients)
    this.#agent.destroy()
  }

  async #client(isNew: boolean): Promise<void> {
    let isClosed = false
    while (!this.#isOver && !(this.#isLeaving && (isNew || isClosed))) {
      const [outcome, connection] = await this.#call(isNew ? false : this.#agent)
      this.calls++
      this.outcomes.set(outcome, this.count(outcome) + 1)
      isClosed = connection === 'close'
      // Each new connection occupies a port of this machine for a minute after its end.
      if (isNew) await new Promise((turn) => setTimeout(turn, 5))
    }
  }

  async #call(agent: Agent | false): Promise<readonly [outcome: string, connection?: string]> {
    try {
      const { status, body, headers } = await call(this.#url, { agent })
      this.bodies.add(body)
      return [String(status), headers.connection ?? '']
    } catch (error) {
      return [(error as NodeJS.ErrnoException).code ?? String(error)]
    }
  }
}
