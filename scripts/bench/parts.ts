/** Parts of the product by themselves: matching over many routes, the memory of limiter keys, compiling. */

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApp } from '../../src/app.ts'
import { compileMatcher } from '../../src/enforce/match.ts'
import { createLog } from '../../src/services/log.ts'
import { createWorld } from '../../src/services/world.ts'
import { here } from './peer.ts'

export type Parts = readonly { readonly part: string; readonly figure: string }[]

const matches = 200_000

/** Everything but the request path. */
export async function measureParts(): Promise<Parts> {
  const few = await measureRoutes(10)
  const many = await measureRoutes(5_000)
  return [
    { part: 'matching the last of 10 routes', figure: `${few.match.toFixed(0)} ns` },
    { part: 'matching the last of 5,000 routes', figure: `${many.match.toFixed(0)} ns` },
    { part: 'load → compile of 5,000 routes', figure: `${(many.compile / 1000).toFixed(2)} s` },
    { part: 'memory of 100,000 limiter keys, token bucket · sliding window', figure: measureKeys() },
  ]
}

async function measureRoutes(count: number): Promise<{ readonly match: number; readonly compile: number }> {
  const directory = writePolicies(count)
  const started = performance.now()
  const app = await createApp(directory, { world: createWorld(createLog({ pretty: false, level: 'error' })) })
  const compile = performance.now() - started
  const matcher = compileMatcher(app.policy.stacks)
  const path = `/s${Math.ceil(count / 100) - 1}/r${(count - 1) % 100}/x`
  for (let i = 0; i < matches; i++) matcher.find('GET', path, 'localhost')
  const before = performance.now()
  for (let i = 0; i < matches; i++) matcher.find('GET', path, 'localhost')
  const match = ((performance.now() - before) * 1e6) / matches
  await app.close()
  rmSync(directory, { recursive: true })
  return { match, compile }
}

/** A hundred routes a file, each with every usual block. */
function writePolicies(count: number): string {
  const directory = mkdtempSync(join(tmpdir(), 'portcullis-bench-'))
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'issuers.yaml'), 'issuers:\n  local: { builtin: true, audience: bench }\n')
  for (let file = 0; file * 100 < count; file++) {
    const routes = Array.from({ length: Math.min(100, count - file * 100) }, (_, index) => routeOf(index))
    writeFileSync(join(directory, `s${file}.yaml`), `${headOf(file)}${routes.join('')}`)
  }
  return directory
}

const headOf = (file: number): string => `service: s${file}
prefix: /s${file}
defaults:
  authenticate: jwt
  cors: { origins: [https://shop.example] }
  rateLimit: [{ by: ip, limit: 1000, per: 1m }, { by: user, limit: 600, per: 1m }]
routes:
`

const routeOf = (index: number): string => `  GET /r${index}/:id:
    scopes: [r${index}:read]
    input: { query: { page: { type: integer, minimum: 1, default: 1 } } }
    reply: { body: { ok: true } }
`

/** In a process of its own, with the garbage collected before and after. */
function measureKeys(): string {
  const { stdout } = spawnSync(process.execPath, ['--expose-gc', here('limiter-memory.ts')], { encoding: 'utf8' })
  return stdout.trim()
}
