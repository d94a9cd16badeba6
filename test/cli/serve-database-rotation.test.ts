/** `serve` before a Postgres that asks for a certificate: its credentials are renewed while people log in. */

import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { makeCertificates } from '../helpers/certificates.ts'
import { runCommand, type Served, serveCommand } from '../helpers/command.ts'
import { emptyFolder } from '../helpers/gate.ts'
import { startPostgres } from '../helpers/postgres-server.ts'
import { until } from '../helpers/until.ts'
import { logIn, refresh, tokensOf } from '../identity/nodes.ts'
import { addAccount, fieldKey } from '../identity/shop.ts'

const [first, second] = [makeCertificates(), makeCertificates()]
const access = 'scram-sha-256 clientcert=verify-ca'
/** Half of it would be another text in a url. */
const rotated = { user: 'other', password: 'n%41w p@ss/w:rd?#%&' }

const policies = (place: string, mount: string) => `
settings:
  secrets: { provider: file, dir: '${mount}' }
  database:
    url: 'postgres://${place}'
    username: '\${secret:user}'
    password: '\${secret:password}'
    ca: '\${file:ca.crt}'
    cert: '\${file:gate.crt}'
    key: '\${file:gate.key}'
    fieldKeys: ['\${secret:field-key}']
    deadline: 20s
issuers:
  shop: { builtin: true, audience: shop-api, refreshTtl: 30d }
defaults: { authenticate: public, rateLimit: [{ by: ip, limit: 100000, per: 1m }] }
routes:
  POST /login: { builtin: login }
  POST /refresh: { builtin: refresh }
  GET /ready: { builtin: ready }
`

/** All of them at once, as the kubelet replaces the files of a mount. */
function publish(mount: string, version: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(join(mount, `..${version}`))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(mount, `..${version}`, name), text)
  symlinkSync(`..${version}`, join(mount, '..data_tmp'))
  renameSync(join(mount, '..data_tmp'), join(mount, '..data'))
}

async function openSite(t: ExecutionContext, workers: string) {
  t.timeout(300_000)
  const server = await startPostgres()
  t.teardown(() => server.stop())
  const url = await server.createDatabase()
  await server.demand(access, first)
  await addAccount({ database: { url, ca: server.ca, ...first.gate, deadline: '20s' } })
  const [cwd, mount] = [emptyFolder(), emptyFolder()]
  const secrets = { user: 'gate', password: server.password, 'field-key': fieldKey }
  publish(mount, 'v1', secrets)
  for (const name of Object.keys(secrets)) symlinkSync(`..data/${name}`, join(mount, name))
  const place = url.slice(url.lastIndexOf('@') + 1)
  const files = { 'shop.yaml': policies(place, mount), 'ca.crt': server.ca }
  const pair = { 'gate.crt': first.gate.cert, 'gate.key': first.gate.key }
  for (const [name, text] of Object.entries({ ...files, ...pair })) writeFileSync(join(cwd, name), text)
  const served = await serveCommand(['.', '--workers', workers], { cwd })
  t.teardown(() => void served.child.kill('SIGKILL'))
  const said = (text: string) => served.logged().filter(({ msg }) => String(msg).startsWith(text)).length
  return { server, url, cwd, mount, secrets, served, said }
}

/** Logs in and goes on with the session, over and over, until `stop`; what else it was answered than it should be. */
function goOn(served: Served) {
  const faults: unknown[] = []
  let isOver = false
  const work = async () => {
    let { refresh_token } = await logIn(served)
    for (let round = 0; round < 5 && !isOver; round++) {
      const answer = await refresh(served, refresh_token)
      if (answer.status !== 200) throw new Error(answer.body)
      refresh_token = tokensOf(answer).refresh_token
    }
  }
  const run = async () => {
    while (!isOver) await work().catch((error) => faults.push(error))
  }
  const running = [run(), run()]
  return async () => {
    isOver = true
    await Promise.all(running)
    return faults
  }
}

/** Sessions that go on all at once, which takes more connections than are open; each goes on once. */
async function openSessions(t: ExecutionContext, served: Served) {
  const tokens: string[] = []
  for (let at = 0; at < 12; at++) tokens.push((await logIn(served)).refresh_token)
  return async () => {
    const answers = await Promise.all(tokens.map((token) => refresh(served, token)))
    for (const answer of answers) t.is(answer.status, 200, answer.body)
  }
}

async function assertQuiet(t: ExecutionContext, { served, said, secrets }: Awaited<ReturnType<typeof openSite>>) {
  t.is(said('only a restart changes'), 0)
  t.is(said('policies refused'), 0)
  t.deepEqual(await (await fetch(`${served.url}/ready`)).json(), { status: 'ready' })
  const { stdout, stderr } = await served.end('SIGTERM')
  const hidden = [first, second].flatMap(({ gate }) => gate.key.split('\n').slice(1, 4))
  for (const text of [...hidden, rotated.password, secrets.password, fieldKey])
    t.false(`${stdout}${stderr}`.includes(text))
}

for (const workers of ['1', '2']) {
  test.serial(`a certificate that is renewed is shown without a restart, with ${workers} workers`, async (t) => {
    const site = await openSite(t, workers)
    const { server, url, cwd, served, said } = site
    const crowd = await openSessions(t, served)
    const stop = goOn(served)
    const serials = async () =>
      (
        await server.ask(
          url,
          `select distinct client_serial::text from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'portcullis'`,
        )
      ).length
    await until(async () => (await serials()) === 1)
    await server.demand(access, first, second)
    for (const [name, text] of Object.entries({ 'gate.crt': second.gate.cert, 'gate.key': second.gate.key })) {
      writeFileSync(join(cwd, 'draft'), text)
      renameSync(join(cwd, 'draft'), join(cwd, name))
    }
    served.child.kill('SIGHUP')
    await until(() => said('policies unchanged') > 0)
    await server.demand(access, second)
    await crowd()
    t.is(await serials(), 2)
    t.deepEqual(await stop(), [])
    await assertQuiet(t, site)
  })

  test.serial(`a user and a password that are rotated count without a restart, with ${workers} workers`, async (t) => {
    const site = await openSite(t, workers)
    const { server, url, cwd, mount, secrets, served, said } = site
    const crowd = await openSessions(t, served)
    const stop = goOn(served)
    await server.ask(url, `create role other superuser login password '${rotated.password}'`)
    publish(mount, 'v2', { ...secrets, ...rotated })
    await until(() => said('policies unchanged') > 0)
    await server.ask(url, 'alter role gate password null')
    await crowd()
    const admin = url.replace(/\/\/.*@/, `//other:${encodeURIComponent(rotated.password)}@`)
    const callers = await server.ask(
      admin,
      `select usename from pg_stat_activity where application_name = 'portcullis'`,
    )
    t.true(callers.some(({ usename }) => usename === 'other'))
    t.deepEqual(await stop(), [])
    const listed = await runCommand(['users', 'list', '--policies', '.'], { cwd })
    t.like(listed, { code: 0, stderr: '' })
    await assertQuiet(t, site)
  })
}
