/** A real Postgres on a free port, in a folder of its own, with TLS alone, for the tests of one file. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import pg from 'pg'
import { type Certificate, type Certificates, makeCertificates } from './certificates.ts'
import { freePort } from './free-port.ts'
import { until } from './until.ts'

export interface PostgresServer {
  /** Where it keeps everything; below `data`, what a stolen disk would show. */
  readonly folder: string
  readonly port: number
  /** The authority of its certificate, which is for `localhost`. */
  readonly ca: string
  /** Of its first and only user, who may do everything. */
  readonly password: string
  /** Makes an empty database; gives its URL. */
  createDatabase(): Promise<string>
  /** Asks it as its user, in the database of the URL. */
  ask(url: string, sql: string): Promise<readonly Record<string, unknown>[]>
  /** Has whoever connects from here on show a certificate of one of these authorities, and be let in as `access` says (pg_hba.conf). */
  demand(access: string, ...authorities: readonly Certificates[]): Promise<void>
  /** Ends it at once, as a crash does; `start` brings it back with all that was committed. */
  kill(): Promise<void>
  start(): Promise<void>
  /** Has all of it stand still, with its connections open, until `thaw`. */
  freeze(): void
  thaw(): void
  /** To be called when the tests are over. */
  stop(): Promise<void>
}

const user = 'gate'
const password = 'p@ss/w:rd?#%&'

/** Resolves when it takes connections. */
export async function startPostgres(): Promise<PostgresServer> {
  const { ca, local } = makeCertificates()
  const [folder, port] = [makeFolder(local, ca), await freePort()]
  let child: ChildProcess | undefined
  let shown: Certificate | undefined
  let databases = 0
  const kill = async () => {
    const running = child
    child = undefined
    if (running === undefined) return
    running.stdin?.end()
    await once(running, 'exit')
  }
  const start = async () => {
    child = await launch(folder, port)
  }
  const ask = (url: string, sql: string) => askOnce({ url, ssl: { ca, ...shown }, sql })
  const urlOf = (database: string) => `postgres://${user}:${encodeURIComponent(password)}@localhost:${port}/${database}`
  const loadedAt = async () => {
    const [row] = await ask(urlOf('postgres'), 'select pg_conf_load_time()::text as at')
    return String(row?.at)
  }
  const demand = async (access: string, ...authorities: readonly Certificates[]) => {
    const before = await loadedAt()
    writeFileSync(join(folder, 'data/pg_hba.conf'), `hostssl all all all ${access}\n`)
    writeFileSync(join(folder, 'clients.crt'), authorities.map((each) => each.ca).join(''))
    await ask(urlOf('postgres'), 'select pg_reload_conf()')
    shown = authorities.at(-1)?.gate
    await until(() =>
      loadedAt().then(
        (at) => at !== before,
        () => false,
      ),
    )
  }
  await start()
  return {
    folder,
    port,
    ca,
    password,
    createDatabase: async () => {
      const name = `test${++databases}`
      await ask(urlOf('postgres'), `create database ${name}`)
      return urlOf(name)
    },
    ask,
    demand,
    kill,
    start,
    freeze: () => child && signalAll(folder, 'SIGSTOP'),
    thaw: () => child && signalAll(folder, 'SIGCONT'),
    stop: async () => {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

interface Asking {
  readonly url: string
  readonly ssl: Partial<Certificate> & { readonly ca: string }
  readonly sql: string
}

async function askOnce({ url, ssl, sql }: Asking) {
  const client = new pg.Client({ connectionString: url, ssl })
  await client.connect()
  try {
    const { rows } = await client.query(sql)
    return rows
  } finally {
    await client.end()
  }
}

/** It refuses to run as root: there it runs as the user of its package. */
function owner(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const id = (of: string) => Number(execFileSync('id', [of, 'postgres'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

/** Debian keeps the programs of each version apart, and none of them in the path. */
function program(name: string): string {
  const home = '/usr/lib/postgresql'
  const [newest] = readdirSync(home).sort((one, other) => Number(other) - Number(one))
  return join(home, newest ?? '', 'bin', name)
}

function makeFolder({ cert, key }: Certificate, ca: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-postgres-'))
  const files = { 'server.crt': cert, 'server.key': key, 'clients.crt': ca, password: `${password}\n` }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 })
  const as = owner()
  if (as !== undefined) for (const name of ['', ...Object.keys(files)]) chownSync(join(folder, name), as.uid, as.gid)
  const options = ['-D', join(folder, 'data'), '-U', user, '-E', 'UTF8', '--locale=C', '--no-sync']
  const access = ['-A', 'scram-sha-256', `--pwfile=${join(folder, 'password')}`]
  execFileSync(program('initdb'), [...options, ...access], { ...as, cwd: folder, stdio: 'pipe' })
  writeFileSync(join(folder, 'data/pg_hba.conf'), 'hostssl all all all scram-sha-256\n')
  return folder
}

/** Ends it, as a crash does, when whoever has started it says so, or is no more. */
const keeper = '"$@" & read _; kill -QUIT $!; kill -CONT $!; wait $!'

async function launch(folder: string, port: number): Promise<ChildProcess> {
  const settings = [
    ...[`port=${port}`, 'listen_addresses=localhost', 'unix_socket_directories=', 'shared_buffers=16MB', 'fsync=off'],
    ...['ssl=on', `ssl_cert_file=${folder}/server.crt`, `ssl_key_file=${folder}/server.key`],
    `ssl_ca_file=${folder}/clients.crt`,
  ]
  const args = ['-D', join(folder, 'data'), ...settings.flatMap((setting) => ['-c', setting])]
  const command = ['-c', keeper, 'sh', program('postgres'), ...args]
  const child = spawn('sh', command, { ...owner(), cwd: folder, stdio: ['pipe', 'ignore', 'pipe'] })
  const lines: string[] = []
  for await (const line of createInterface(child.stderr)) {
    lines.push(line)
    if (line.includes('ready to accept connections')) {
      child.stderr.resume()
      return child
    }
  }
  throw new Error(`postgres did not start:\n${lines.join('\n')}`)
}

/** Each connection has a process of its own. */
function signalAll(folder: string, signal: NodeJS.Signals): void {
  const pid = Number(readFileSync(join(folder, 'data/postmaster.pid'), 'utf8').split('\n')[0])
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  for (const each of [pid, ...children]) process.kill(each, signal)
}
