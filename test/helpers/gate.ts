/** A whole gate for tests: policies from texts, the real server on a free port. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type IncomingHttpHeaders, type RequestOptions, request } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type AppOptions, createApp } from '../../src/app.ts'
import type { Settings } from '../../src/policy/settings.ts'
import { listen } from '../../src/server/listen.ts'
import { createLog } from '../../src/services/log.ts'
import type { World } from '../../src/services/services.ts'
import { createWorld } from '../../src/services/world.ts'

export interface Gate {
  readonly url: string
  readonly port: number
  readonly world: World
  readonly directory: string
  readonly settings: Settings
  call(method: string, path: string, options?: CallOptions): Promise<Reply>
  /** Loads the policies of its folder anew. */
  reload(): Promise<void>
  close(): Promise<void>
}

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Folders of this process's tests; none outlives it. */
const folders: string[] = []
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** Writes policy files into a folder of their own: name → text. */
export function writePolicies(files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-'))
  folders.push(directory)
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true })
    writeFileSync(join(directory, name), text)
  }
  return directory
}

/** A folder of its own, with nothing in it. */
export const emptyFolder = (): string => writePolicies({})

/** Opens a gate before the policies; `world` replaces parts of the real one. */
export async function openGate(
  files: Readonly<Record<string, string>>,
  { world: parts = {}, ...options }: { readonly world?: Partial<World> } & Omit<Partial<AppOptions>, 'world'> = {},
): Promise<Gate> {
  const directory = writePolicies(files)
  const world = { ...createWorld(createLog({ pretty: false, level: 'error' })), ...parts }
  const app = await createApp(directory, { ...options, world, listenOn: { host: '127.0.0.1', port: 0 } })
  const { limits, listen: address } = app.policy.settings
  const server = await listen(app.koa.callback(), { ...address, limits, world, bareHead: app.bareHead })
  return {
    url: server.url,
    port: server.port,
    world,
    directory,
    settings: app.policy.settings,
    call: (method, path, call = {}) => callOnce({ port: server.port, method, path, ...call }),
    reload: async () => void (await app.reload()),
    close: async () => {
      await server.close(0)
      await app.close()
      await world.accounts.close()
      await world.stores.close()
      await world.upstreams.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** One request over a connection of its own; the path goes out as it is written. */
function callOnce({ body, headers = {}, ...options }: RequestOptions & CallOptions): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>()
  const outgoing = request({ host: '127.0.0.1', agent: false, headers, ...options }, (incoming) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk) => chunks.push(chunk))
    incoming.once('end', () =>
      resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: Buffer.concat(chunks).toString() }),
    )
    incoming.once('error', reject)
  })
  outgoing.once('error', reject)
  outgoing.end(body)
  return promise
}
