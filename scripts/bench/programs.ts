/** How the servers of the bench are started. */

import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { secret } from './agreed.ts'
import { here, type Program } from './peer.ts'
import type { BenchRedis } from './redis.ts'

export type ProgramFor = (port: number) => Program

/** What a run has at hand: a folder that it removes in the end, and where the upstream listens. */
export interface Stage {
  readonly folder: string
  readonly upstream: string
  /** A file of good tokens, a line each. */
  readonly tokens: string
  readonly redis: BenchRedis
}

/** A limit that is spent after the first call. */
export const oneCallAnHour = { BENCH_CALLS: '1', BENCH_SECONDS: '3600' }

/** A file of servers/, run by Node. */
export const node =
  (file: string, env: Program['env'] = {}): ProgramFor =>
  () => ({ command: process.execPath, args: [here(`servers/${file}`)], env })

/** `portcullis serve`, from source. */
export const portcullis =
  (directory: string, upstream = ''): ProgramFor =>
  (port) => ({
    command: process.execPath,
    args: [here('../../src/cli/main.ts'), 'serve', directory, '--port', String(port)],
    env: { BENCH_SECRET: secret, BENCH_UPSTREAM: upstream },
  })

/** What another program reads is made of a file of servers/, with these words replaced. */
function configure(file: string, folder: string, words: Readonly<Record<string, string>>): string {
  const own = mkdtempSync(join(folder, `${file}-`))
  const text = readFileSync(here(`servers/${file}`), 'utf8')
  const path = join(own, file)
  writeFileSync(
    path,
    Object.entries({ ...words, FOLDER: own }).reduce((sum, [word, value]) => sum.replaceAll(word, value), text),
  )
  return path
}

export const nginx =
  (
    file: string,
    { folder, upstream, core }: Pick<Stage, 'folder' | 'upstream'> & { readonly core?: number },
  ): ProgramFor =>
  (port) => {
    const path = configure(file, folder, { PORT: String(port), UPSTREAM: hostOf(upstream) })
    return { command: 'nginx', args: ['-e', 'stderr', '-c', path], ...(core !== undefined && { core }) }
  }

export const haproxy =
  ({ folder, upstream }: Stage): ProgramFor =>
  (port) => ({
    command: 'haproxy',
    args: ['-q', '-db', '-f', configure('haproxy.cfg', folder, { PORT: String(port), UPSTREAM: hostOf(upstream) })],
  })

const hostOf = (url: string): string => url.replace('http://', '')

/** The policy of the bench with other words in it, in a folder of its own. */
export function policyVariant(folder: string, words: Readonly<Record<string, string>>): string {
  const directory = join(folder, `policies-${Object.values(words).join('-').replaceAll(/\W+/g, '-')}`)
  cpSync(here('policies'), directory, { recursive: true })
  const path = join(directory, 'orders.yaml')
  let text = readFileSync(path, 'utf8')
  for (const [word, value] of Object.entries(words)) {
    if (!text.includes(word)) throw new Error(`expected \`${word}\` in policies/orders.yaml`)
    text = text.replace(word, value)
  }
  writeFileSync(path, text)
  return directory
}

/** So many routes, a hundred a file, each with every usual block. */
export function writeRoutes(directory: string, count: number): void {
  mkdirSync(directory, { recursive: true })
  for (let file = 0; file * 100 < count; file++) {
    const routes = Array.from({ length: Math.min(100, count - file * 100) }, (_, index) => routeOf(index))
    writeFileSync(join(directory, `s${file}.yaml`), `${headOf(file)}${routes.join('')}`)
  }
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
