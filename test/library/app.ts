/** A Koa app of somebody's own, with a gate before its routes. */

import { createServer } from 'node:http'
import type { ExecutionContext } from 'ava'
import Koa, { type Middleware } from 'koa'
import { type Portcullis, type PortcullisOptions, portcullis } from '../../src/index.ts'
import { listen, type Received, type Sent, send } from '../handlers/gate.ts'
import { writePolicies } from '../helpers/gate.ts'

export interface AppParts {
  readonly policies: string
  readonly files?: Readonly<Record<string, string>>
  readonly before?: readonly Middleware[]
  readonly behind?: readonly Middleware[]
  readonly options?: PortcullisOptions
  /** Left to the test to open. */
  readonly closed?: boolean
}

export interface RunningApp {
  readonly app: Koa
  readonly gate: Portcullis
  readonly port: number
  readonly directory: string
  /** What the gate logged. */
  readonly logged: { readonly fields: object; readonly message: string }[]
  /** What Koa was told of. */
  readonly errors: (Error & { headerSent?: boolean })[]
  send(sent?: Sent): Promise<Received>
}

/** A policy of one kind of route: open to all, and on to the app. */
export const openToAll = `
defaults: { authenticate: public }
routes:
  ANY /*rest: { handler: next }
`

/** Opens the gate, and listens on a free port until the test ends. */
export async function openApp(t: ExecutionContext, parts: AppParts): Promise<RunningApp> {
  const directory = writePolicies({ 'app.yaml': parts.policies, ...parts.files })
  const logged: { fields: object; message: string }[] = []
  const note = (fields: object, message: string) => void logged.push({ fields, message })
  const gate = portcullis(directory, { log: { debug: note, info: note, warn: note, error: note }, ...parts.options })
  t.teardown(() => gate.close())
  if (!parts.closed) await gate.open()
  const errors: Error[] = []
  const app = new Koa()
  app.on('error', (error) => void errors.push(error))
  for (const middleware of parts.before ?? []) app.use(middleware)
  app.use(gate.middleware)
  for (const middleware of parts.behind ?? []) app.use(middleware)
  const port = await listen(t, createServer(app.callback()))
  return { app, gate, port, directory, logged, errors, send: (sent) => send(port, sent) }
}
