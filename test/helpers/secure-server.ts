/** A listener with certificates, as `serve` opens one, over policies in a folder of their own. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import type { ExecutionContext } from 'ava'
import { type App, createApp } from '../../src/app.ts'
import { type Listening, listen } from '../../src/server/listen.ts'
import { openSecure } from '../../src/server/tls/open-secure.ts'
import { newTicketSeed } from '../../src/server/tls/ticket-keys.ts'
import type { Clock } from '../../src/services/clock.ts'
import type { KeyPair } from '../../src/services/tls/settings.ts'
import { createWorld } from '../../src/services/world.ts'
import { writePolicies } from './gate.ts'
import { notedWorld } from './noted-world.ts'

export const route =
  '  GET /a: { authenticate: public, rateLimit: [{ by: ip, limit: 1000, per: 1m }], reply: { body: ok } }\n'

/** Policies that read `tls.crt` and `tls.key`; `more` stands inside `tls`. */
export const policyWith = (more = ''): string =>
  `settings:\n  tls:\n    cert: '\${file:tls.crt}'\n    key: '\${file:tls.key}'\n${more}service: s\nroutes:\n${route}`

export const pairFiles = ({ cert, key }: KeyPair, name = 'tls'): Readonly<Record<string, string>> => ({
  [`${name}.crt`]: cert,
  [`${name}.key`]: key,
})

export interface SecureServer extends ReturnType<typeof notedWorld> {
  readonly server: Listening
  readonly app: App
  readonly directory: string
  /** What the log says so far. */
  logged(): readonly string[]
  write(files: Readonly<Record<string, string>>): void
}

/** Serves the files until the test is over. */
export async function startSecure(
  t: ExecutionContext,
  files: Readonly<Record<string, string>>,
  clock?: Clock,
): Promise<SecureServer> {
  const directory = writePolicies(files)
  const noted = notedWorld()
  const { log, metrics, status, lines } = noted
  const world = { ...createWorld(log), metrics, status, ...(clock && { clock }) }
  const created = await createApp(directory, { world, listenOn: { port: 0 } })
  const { tls, limits, listen: address } = created.policy.settings
  if (tls === undefined) throw new Error('expected policies with `settings.tls`')
  const { app, certificates } = await openSecure(created, { tickets: newTicketSeed(world.clock.now()), world })
  const { bareHead } = app
  const server = await listen(app.koa.callback(), { ...address, limits, world, bareHead, secure: certificates })
  t.teardown(async () => {
    certificates?.close()
    await server.close(0)
    await app.close()
    await world.stores.close()
    await world.upstreams.close()
  })
  const write = (added: Readonly<Record<string, string>>): void => {
    for (const [name, text] of Object.entries(added)) writeFileSync(join(directory, name), text)
  }
  return { ...noted, server, app, directory, write, logged: () => lines.map((line) => JSON.parse(line).msg) }
}

/** The certificate that is shown for a name: its fingerprint; none where there is no handshake. */
export async function shownBy(port: number, servername = 'localhost'): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const socket = connect({ port, host: '127.0.0.1', servername, rejectUnauthorized: false })
  socket.once('secureConnect', () => {
    resolve(socket.getPeerX509Certificate()?.fingerprint256)
    socket.destroy()
  })
  socket.once('error', () => resolve(undefined))
  return promise
}
