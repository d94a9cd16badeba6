/** A real master with a replica, and three sentinels that watch over them. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { ExecutionContext } from 'ava'
import { Redis } from 'ioredis'
import type { Certificates } from './certificates.ts'
import { freePort } from './free-port.ts'
import { type RedisServer, startRedis } from './redis-server.ts'
import { tlsConfig } from './redis-tls.ts'
import { until } from './until.ts'

export interface Sentinel {
  readonly port: number
  readonly pid: number
}

export interface WatchedRedis {
  readonly master: RedisServer
  readonly replica: RedisServer
  readonly sentinels: readonly Sentinel[]
  /** With every sentinel. */
  readonly url: string
  /** The port of the master that the sentinels tell of. */
  masterPort(): Promise<number>
}

/** Milliseconds after which sentinels take a master that does not answer for dead. */
const downAfter = 500

interface SentinelOptions {
  /** Of the sentinels themselves. */
  readonly password?: string
  /** All of them talk by TLS alone, under the name `localhost`. */
  readonly certificates?: Certificates
  /** Whether clients have to show one of that authority. */
  readonly asking?: boolean
}

export async function startSentinels(t: ExecutionContext, options: SentinelOptions = {}): Promise<WatchedRedis> {
  const { certificates, asking = false } = options
  const secure = certificates && { certificate: certificates.local }
  const tls = certificates
    ? [...tlsConfig(t, certificates), 'tls-replication yes', `tls-auth-clients ${asking ? 'yes' : 'no'}`]
    : []
  const master = await startRedis(t, { ...secure, config: tls })
  const replica = await startRedis(t, { ...secure, config: [...tls, `replicaof 127.0.0.1 ${master.port}`] })
  const sentinels = await Promise.all([1, 2, 3].map(() => startSentinel(t, [master.port, tls], options)))
  const asked = sentinels.map(({ port }) => adminOf(t, port, options))
  for (const admin of asked) await until(async () => knowsAll(await admin.call('SENTINEL', 'MASTER', 'mymaster')))
  return {
    master,
    replica,
    sentinels,
    url: `${certificates ? 'rediss' : 'redis'}+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/mymaster`,
    async masterPort() {
      const reply = await asked[0]?.call('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'mymaster')
      return Number((reply as readonly string[])[1])
    },
  }
}

function adminOf(t: ExecutionContext, port: number, { password, certificates }: SentinelOptions): Redis {
  const admin = new Redis({
    port,
    host: '127.0.0.1',
    enableReadyCheck: false,
    protocol: 2,
    ...(password !== undefined && { password }),
    ...(certificates && { tls: { ca: certificates.ca, servername: 'localhost', ...certificates.gate } }),
  })
  admin.on('error', () => {})
  t.teardown(() => admin.disconnect())
  return admin
}

/** Two more sentinels, and the replica. */
function knowsAll(reply: unknown): boolean {
  const fields = reply as readonly string[]
  const of = (name: string) => fields[fields.indexOf(name) + 1]
  return of('num-slaves') === '1' && of('num-other-sentinels') === '2'
}

async function startSentinel(
  t: ExecutionContext,
  [master, tls]: readonly [port: number, tls: readonly string[]],
  { password }: SentinelOptions,
): Promise<Sentinel> {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-sentinel-'))
  const port = await freePort()
  const file = join(folder, 'sentinel.conf')
  const lines = [
    ...(tls.length > 0 ? ['port 0', `tls-port ${port}`, ...tls] : [`port ${port}`]),
    'bind 127.0.0.1',
    `dir ${folder}`,
    `sentinel monitor mymaster 127.0.0.1 ${master} 2`,
    `sentinel down-after-milliseconds mymaster ${downAfter}`,
    'sentinel failover-timeout mymaster 3000',
    ...(password === undefined ? [] : [`requirepass ${password}`, `sentinel sentinel-pass ${password}`]),
  ]
  writeFileSync(file, `${lines.join('\n')}\n`)
  const child = spawn('redis-server', [file, '--sentinel'], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(async () => {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    rmSync(folder, { recursive: true, force: true })
  })
  for await (const line of createInterface(child.stdout)) if (line.includes('Sentinel ID is')) break
  child.stdout.resume()
  return { port, pid: child.pid ?? 0 }
}
