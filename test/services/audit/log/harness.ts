/** Logs in folders of their own, and a reader that trusts nothing but the chain. */

import assert from 'node:assert'
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { EventEmitter, once } from 'node:events'
import { existsSync, watch } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { ExecutionContext } from 'ava'
import { Chain } from '../../../../src/services/audit/chain.ts'
import type { AuditLogOptions } from '../../../../src/services/audit/log/audit-log.ts'
import { findHeads, isSignedBy } from '../../../../src/services/audit/note.ts'
import { systemClock } from '../../../../src/services/clock.ts'
import type { Log } from '../../../../src/services/log.ts'
import { Metrics } from '../../../../src/services/metrics.ts'
import { Status } from '../../../../src/services/status.ts'

/** Handed on to the processes that a test starts. */
const pem = process.env.AUDIT_KEY
export const key = pem === undefined ? generateKeyPairSync('ed25519').privateKey : createPrivateKey(pem)
export const env = { ...process.env, AUDIT_KEY: String(key.export({ type: 'pkcs8', format: 'pem' })) }

export const read = (n: number) => ({ event: 'data.read', outcome: 'allowed', n }) as const

export interface Setup extends AuditLogOptions {
  /** What was logged. */
  readonly lines: string[]
  readonly logged: EventEmitter
  /** Published heads. */
  readonly heads: string[]
}

export function setup(dir: string, options: Partial<AuditLogOptions> = {}): Setup {
  const lines: string[] = []
  const logged = new EventEmitter()
  const heads: string[] = []
  const say = (level: string) => (members: unknown, text: string) => {
    lines.push(`${level}: ${text} ${JSON.stringify(members)}`)
    logged.emit('line')
  }
  const log = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') } as unknown as Log
  return {
    dir,
    host: 'node-1',
    fsync: 'batch',
    rotate: { bytes: 1e9, milliseconds: 1e9 },
    headEvery: 3_600_000,
    key,
    clock: systemClock,
    log,
    status: new Status(),
    metrics: new Metrics(),
    publish: (head) => void heads.push(head),
    ...options,
    lines,
    logged,
    heads,
  }
}

export async function temporaryFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-audit-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  return join(folder, 'audit')
}

export interface Found {
  readonly event: string
  readonly [member: string]: unknown
}

export interface Whole {
  readonly records: readonly Found[]
  /** Sizes that stored heads are about. */
  readonly headed: readonly number[]
  readonly files: readonly string[]
}

/** Reads a log from its first segment to its last; throws where chain, tree or a head does not hold. */
export async function readWhole(folder: string): Promise<Whole> {
  const files = (await readdir(folder)).sort()
  const numbers = [...new Set(files.flatMap((name) => /^(\d+)\.jsonl(\.gz)?$/.exec(name)?.[1] ?? []))]
  let chain: Chain | undefined
  const records: Found[] = []
  const roots = new Map<number, string>()
  for (const number of numbers) {
    const text = await readSegment(folder, number)
    assert(text.endsWith('\n'), `${number} ends with a line feed`)
    for (const line of text.slice(0, -1).split('\n')) {
      const record = JSON.parse(line)
      if (record.event === 'audit.segment') {
        const state = { size: record.tree.size, prev: record.prev, peaks: record.tree.peaks }
        if (chain === undefined) chain = new Chain(record.log, state)
        else assert.deepEqual(chain.state, state)
      }
      assert(chain !== undefined && line.startsWith(chain.prefix), `${number}: ${line} follows`)
      chain.push(line)
      roots.set(chain.size, chain.root())
      records.push(record)
    }
  }
  return { records, headed: await checkHeads(folder, files, roots), files }
}

async function readSegment(folder: string, number: string): Promise<string> {
  const plain = join(folder, `${number}.jsonl`)
  return existsSync(plain) ? readFile(plain, 'utf8') : gunzipSync(await readFile(`${plain}.gz`)).toString()
}

async function checkHeads(
  folder: string,
  files: readonly string[],
  roots: ReadonlyMap<number, string>,
): Promise<readonly number[]> {
  const sizes: number[] = []
  for (const name of files.filter((file) => file.endsWith('.heads'))) {
    const text = await readFile(join(folder, name), 'utf8')
    const heads = findHeads(text)
    assert.equal(heads.map((head) => `${head.text}\n`).join(''), text)
    for (const head of heads) {
      assert.equal(head.root, roots.get(head.size))
      assert(isSignedBy(head, createPublicKey(key)))
      sizes.push(head.size)
    }
  }
  return sizes
}

/** Waits until something is logged, be it already. */
export async function awaitLine({ lines, logged }: Setup, pattern: RegExp): Promise<void> {
  const alive = setInterval(() => {}, 1e6)
  while (!lines.some((line) => pattern.test(line))) await once(logged, 'line')
  clearInterval(alive)
}

/** Waits until a file is there, or gone. */
export async function awaitFile(path: string, there = true): Promise<void> {
  const watcher = watch(dirname(path))
  try {
    const { promise, resolve } = Promise.withResolvers<void>()
    watcher.on('change', () => existsSync(path) === there && resolve())
    if (existsSync(path) !== there) await promise
  } finally {
    watcher.close()
  }
}
