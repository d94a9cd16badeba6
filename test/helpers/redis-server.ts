/** A real redis-server on a free port, for as long as a test takes; whatever is written to it is kept for the search of a run. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { ExecutionContext } from 'ava'
import type { Certificate } from './certificates.ts'
import { freePort } from './free-port.ts'

export interface RedisServer {
  readonly port: number
  /** Ends it at once; `start` brings it back, empty, on the same port. */
  kill(): Promise<void>
  start(): Promise<void>
  /** Has it stand still, with its connections open, until `thaw`. */
  freeze(): void
  thaw(): void
}

interface RedisServerOptions {
  /** For TLS, and for TLS alone. */
  readonly certificate?: Certificate
  /** Further settings, as in `redis.conf`. */
  readonly config?: readonly string[]
}

/** Every command that writes, with its effects, also of keys that are gone; handed to the system before its answer. */
const everyWrite = ['appendonly yes', 'appendfsync no', 'aof-use-rdb-preamble no', 'auto-aof-rewrite-percentage 0']

/** Another process may take the port before it listens: then there is another one. */
export const startRedis = (t: ExecutionContext, options: RedisServerOptions = {}): Promise<RedisServer> =>
  tryToStart(t, options).catch(() => tryToStart(t, options))

async function tryToStart(t: ExecutionContext, { certificate, config = [] }: RedisServerOptions): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-redis-'))
  const port = await freePort()
  const listening = certificate === undefined ? [`port ${port}`] : withTls(port, certificate, folder)
  const file = join(folder, 'redis.conf')
  writeFileSync(
    file,
    [...listening, 'bind 127.0.0.1', 'save ""', `dir ${folder}`, ...everyWrite, ...config, ''].join('\n'),
  )
  let child: ChildProcess | undefined
  const kill = async () => {
    const running = child
    child = undefined
    if (running === undefined) return
    running.kill('SIGKILL')
    await once(running, 'exit')
  }
  const start = async () => {
    // It comes back empty, unless a test would have it otherwise.
    if (!config.includes('appendonly yes')) rmSync(join(folder, 'appendonlydir'), { recursive: true, force: true })
    child = await launch(file)
  }
  t.teardown(async () => {
    await kill()
    rmSync(folder, { recursive: true, force: true })
  })
  await start()
  const freeze = () => void child?.kill('SIGSTOP')
  const thaw = () => void child?.kill('SIGCONT')
  return { port, kill, start, freeze, thaw }
}

function withTls(port: number, { cert, key }: Certificate, folder: string): readonly string[] {
  writeFileSync(join(folder, 'server.crt'), cert)
  writeFileSync(join(folder, 'server.key'), key)
  const files = [`tls-cert-file ${folder}/server.crt`, `tls-key-file ${folder}/server.key`]
  return ['port 0', `tls-port ${port}`, 'tls-auth-clients no', ...files]
}

/** Resolves when it takes connections. */
async function launch(file: string): Promise<ChildProcess> {
  const child = spawn('redis-server', [file], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child, 'spawn')
  const lines: string[] = []
  for await (const line of createInterface(child.stdout)) {
    lines.push(line)
    if (line.includes('Ready to accept connections')) {
      child.stdout.resume()
      return child
    }
  }
  throw new Error(`redis-server did not start:\n${lines.join('\n')}`)
}
