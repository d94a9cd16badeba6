/** `serve` with certificates: alone and with workers, under load while they change, and who may be answered in clear. */

import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { join } from 'node:path'
import { connect } from 'node:tls'
import test, { type ExecutionContext } from 'ava'
import type { KeyPair } from '../../../src/services/tls/settings.ts'
import { runCommand, type Served, serveCommand } from '../../helpers/command.ts'
import { settings, startCrew } from '../../helpers/crew.ts'
import { emptyFolder, writePolicies } from '../../helpers/gate.ts'
import { pairFiles, policyWith, route, shownBy } from '../../helpers/secure-server.ts'
import { makeServerCertificate } from '../../helpers/server-certificate.ts'
import { until } from '../../helpers/until.ts'

const [first, second] = [1, 2].map(() => makeServerCertificate(['localhost'])) as [KeyPair, KeyPair]
const printOf = ({ cert }: KeyPair): string => new X509Certificate(cert).fingerprint256
const tls = "  tls: { cert: '${file:tls.crt}', key: '${file:tls.key}' }\n"
const load = '  GET /a: { authenticate: public, network: [127.0.0.0/8], reply: { body: ok } }\n'

function write(directory: string, pair: KeyPair): void {
  for (const [name, text] of Object.entries(pairFiles(pair))) writeFileSync(join(directory, name), text)
}

/** Clients that call without a pause, half of them over new connections; what came of each call. */
class SecureLoad {
  readonly outcomes = new Map<string, number>()
  readonly #url: string
  readonly #agent = new Agent({ keepAlive: true, rejectUnauthorized: false })
  readonly #clients: readonly Promise<void>[]
  #isOver = false

  constructor(url: string) {
    this.#url = url
    this.#clients = Array.from({ length: 6 }, (_, index) => this.#client(index % 2 === 0))
  }

  async end(): Promise<ReadonlyMap<string, number>> {
    this.#isOver = true
    await Promise.all(this.#clients)
    this.#agent.destroy()
    return this.outcomes
  }

  async #client(isNew: boolean): Promise<void> {
    while (!this.#isOver) {
      const outcome = await this.#call(isNew).catch(({ code, message }) => code ?? message)
      this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1)
      if (isNew) await new Promise((turn) => setTimeout(turn, 5))
    }
  }

  async #call(isNew: boolean): Promise<string> {
    const agent = isNew ? { agent: false as const, rejectUnauthorized: false } : { agent: this.#agent }
    const outgoing = request(this.#url, agent).end()
    const [incoming] = await once(outgoing, 'response')
    incoming.resume()
    await once(incoming, 'end')
    return String(incoming.statusCode)
  }
}

const portOf = ({ url }: Pick<Served, 'url'>): number => Number(new URL(url).port)

test('certificates change under load without a failed request, as a file and with SIGHUP', async (t) => {
  const directory = writePolicies({ 'a.yaml': `settings:\n${tls}routes:\n${load}`, ...pairFiles(first) })
  const served = await serveCommand([directory])
  t.teardown(() => void served.child.kill('SIGKILL'))
  t.regex(served.url, /^https:/)
  const calls = new SecureLoad(`${served.url}/a`)
  await until(() => (calls.outcomes.get('200') ?? 0) > 100)
  for (const pair of [second, first, second]) {
    write(directory, pair)
    if (pair === first) served.child.kill('SIGHUP')
    await until(async () => (await shownBy(portOf(served))) === printOf(pair))
    const before = calls.outcomes.get('200') ?? 0
    await until(() => (calls.outcomes.get('200') ?? 0) > before + 100)
  }
  t.deepEqual([...(await calls.end()).keys()], ['200'])
  t.is((await served.end('SIGTERM')).code, 0)
})

/** Of some connections, which certificates were shown. */
const shownByAll = async (port: number): Promise<ReadonlySet<string | undefined>> =>
  new Set(await Promise.all(Array.from({ length: 24 }, () => shownBy(port))))

async function resumes(port: number): Promise<boolean> {
  const options = { port, host: '127.0.0.1', rejectUnauthorized: false, maxVersion: 'TLSv1.2' } as const
  const before = connect(options)
  const [session] = await once(before, 'session')
  before.destroy()
  const after = connect({ ...options, session })
  await once(after, 'secureConnect')
  const isReused = after.isSessionReused()
  after.destroy()
  return isReused
}

test('all workers show the certificate, take another, and resume the sessions of each other', async (t) => {
  const crew = await startCrew(t, { 'a.yaml': `${settings}${tls}routes:\n${load}`, ...pairFiles(first) })
  const port = portOf(crew)
  t.deepEqual([...(await shownByAll(port))], [printOf(first)])
  const resumed = await Promise.all(Array.from({ length: 16 }, () => resumes(port)))
  t.deepEqual(new Set(resumed), new Set([true]))
  const calls = new SecureLoad(`${crew.url}/a`)
  write(crew.directory, second)
  await until(async () => {
    const shown = await shownByAll(port)
    return shown.size === 1 && shown.has(printOf(second))
  })
  t.deepEqual([...(await calls.end()).keys()], ['200'])
  const { body } = await crew.admin('GET', '/metrics')
  const expiry = new X509Certificate(second.cert).validToDate.getTime() / 1000
  t.true(body.includes(`portcullis_tls_certificate_expiry_timestamp_seconds{certificate="default"} ${expiry}\n`))
  t.is((await crew.end('SIGTERM')).code, 0)
})

test('workers tell their operator of a certificate that does not fit', async (t) => {
  const crew = await startCrew(
    t,
    { 'a.yaml': `${settings}${tls}routes:\n${load}`, ...pairFiles(first) },
    { args: ['--workers', '2'] },
  )
  writeFileSync(join(crew.directory, 'tls.key'), second.key)
  await until(async () => {
    const { workers } = (await crew.ready()) as unknown as { readonly workers: readonly { readonly faults: object }[] }
    return workers.every(({ faults }) => 'tls' in faults)
  })
  t.deepEqual([...(await shownByAll(portOf(crew)))], [printOf(first)])
})

test('a secret that is rotated brings its certificate', async (t) => {
  const secrets = writePolicies({ cert: first.cert, key: first.key })
  const directory = writePolicies({
    'a.yaml': `settings:
  secrets: { provider: file, dir: ${secrets} }
  tls: { cert: '\${secret:cert}', key: '\${secret:key}' }
routes:\n${load}`,
  })
  const served = await serveCommand([directory])
  t.teardown(() => void served.child.kill('SIGKILL'))
  t.is(await shownBy(portOf(served)), printOf(first))
  writeFileSync(join(secrets, 'cert'), second.cert)
  writeFileSync(join(secrets, 'key'), second.key)
  await until(async () => (await shownBy(portOf(served))) === printOf(second))
  const { stdout, stderr } = await served.end('SIGTERM')
  for (const line of second.key.split('\n').filter((text) => text.length > 10 && !text.startsWith('---')))
    t.false(`${stdout}${stderr}`.includes(line))
})

const start = (t: ExecutionContext, files: Readonly<Record<string, string>>, ...args: string[]) => {
  t.timeout(60_000)
  return runCommand(['serve', writePolicies(files), '--port', '0', ...args], { cwd: emptyFolder() })
}

test('refuses to answer others in clear, wherever the host is said', async (t) => {
  const flag = await start(t, { 'a.yaml': `routes:\n${route}` }, '--host', '0.0.0.0')
  t.is(flag.code, 3)
  t.regex(flag.stderr, /calls to `0\.0\.0\.0` come to this machine in clear: write `settings\.tls`, or .*insecurePlain/)
  const policy = await start(t, { 'a.yaml': `settings: { listen: { host: 0.0.0.0 } }\nroutes:\n${route}` })
  t.is(policy.code, 1)
  t.regex(policy.stderr, /settings\/plain-listener/)
})

test('answers others in clear where somebody says who encrypts, and under TLS', async (t) => {
  const shutdown = '  shutdown: { delay: 0s }\n'
  const plain = `settings:\n  listen: { insecurePlain: the ingress terminates TLS }\n${shutdown}routes:\n${route}`
  for (const [files, scheme] of [
    [{ 'a.yaml': plain }, 'http'],
    [{ 'a.yaml': `settings:\n${tls}${shutdown}routes:\n${route}`, ...pairFiles(first) }, 'https'],
  ] as const) {
    const served = await serveCommand([writePolicies(files), '--host', '0.0.0.0'])
    t.regex(served.url, new RegExp(`^${scheme}://0\\.0\\.0\\.0:`))
    t.is((await served.end('SIGTERM')).code, 0)
  }
})

test('ends with what is wrong with the certificate, and never with its key', async (t) => {
  const { code, stderr } = await start(t, { 'a.yaml': policyWith(), 'tls.crt': first.cert, 'tls.key': second.key })
  t.is(code, 1)
  t.regex(stderr, /settings\/tls-certificate {2}expected the PEM key of `cert`/)
  t.false(stderr.includes(second.key.split('\n')[1] ?? ''))
})
