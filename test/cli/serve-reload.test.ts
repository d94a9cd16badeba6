/** Reloads of `serve`: processes, signals, files as they are replaced. */

import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { craft } from '../fixtures/tokens/craft.ts'
import { jwk, rsa } from '../fixtures/tokens/keys.ts'
import { startPublisher } from '../fixtures/tokens/publisher.ts'
import { type Options, type Served, serveCommand } from '../helpers/command.ts'
import { emptyFolder, writePolicies } from '../helpers/gate.ts'
import { until } from '../helpers/until.ts'

const replying = (body: string, more = '') => `service: s
defaults: { authenticate: public }
routes:
  GET /: { reply: { body: ${body} } }
  GET /ready: { builtin: ready }
  GET /metrics: { builtin: metrics }
${more}`

async function start(t: ExecutionContext, args: readonly string[], options?: Options): Promise<Served> {
  const served = await serveCommand(args, options)
  t.teardown(() => served.child.kill('SIGKILL'))
  return served
}

const said = ({ logged }: Served, text: string): number =>
  logged().filter(({ msg }) => String(msg).startsWith(text)).length

/** Has it reload, and waits until it says what became of it. */
async function reload(served: Served): Promise<void> {
  const before = said(served, 'policies')
  served.child.kill('SIGHUP')
  await until(() => said(served, 'policies') > before)
}

const get = async (served: Served, path = '/') => (await fetch(`${served.url}${path}`)).text()
const ready = async (served: Served) => JSON.parse(await get(served, '/ready'))

/** Waits until a new version answers. */
async function answers(served: Served, body: string, path = '/'): Promise<void> {
  while ((await get(served, path)) !== body) await new Promise(setImmediate)
}

test('a request ends under the policies that it began with', async (t) => {
  const arrived = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  const upstream = createServer(async (_req, res) => {
    arrived.resolve()
    await goOn.promise
    res.end('slow')
  })
  await new Promise<void>((listening) => upstream.listen(0, '127.0.0.1', listening))
  t.teardown(() => upstream.close().closeAllConnections())
  const { port } = upstream.address() as AddressInfo
  const slow = (name: string) =>
    replying(name, `  GET /slow: { upstream: 'http://127.0.0.1:${port}', headers: { set: { X-Version: ${name} } } }\n`)
  const directory = writePolicies({ 'a.yaml': slow('one') })
  const served = await start(t, [directory])
  const answer = fetch(`${served.url}/slow`)
  await arrived.promise
  writeFileSync(join(directory, 'a.yaml'), slow('two'))
  await reload(served)
  t.is(await get(served), 'two')
  goOn.resolve()
  t.is((await answer).headers.get('x-version'), 'one')
  t.is((await fetch(`${served.url}/slow`)).headers.get('x-version'), 'two')
  t.is((await served.end('SIGTERM')).code, 0)
})

/** A file that is written in place can be read when it is half there. */
function replace(path: string, text: string): void {
  writeFileSync(`${path}.draft`, text)
  renameSync(`${path}.draft`, path)
}

test('does what many signals at once ask for, and serves the last word', async (t) => {
  const directory = writePolicies({ 'a.yaml': replying('first') })
  const served = await start(t, [directory])
  for (let number = 0; number < 300; number++) {
    replace(join(directory, 'a.yaml'), replying(`v${number}`))
    served.child.kill('SIGHUP')
    if (number % 10 === 0) t.regex(await get(served), /^first$|^v\d+$/)
  }
  await answers(served, 'v299')
  t.true(said(served, 'policies reloaded') <= 300)
  t.is(said(served, 'policies refused'), 0)
})

test('says of a signal that nothing changed, and takes values and secrets anew', async (t) => {
  const secrets = writePolicies({ greeting: 'hello' })
  const directory = writePolicies({
    'a.yaml': replying(
      "'${value:name}'",
      `  GET /greeting: { reply: { body: '\${secret:greeting}' } }
settings: { secrets: { provider: file, dir: ${secrets} } }
values: { name: nobody }
`,
    ),
  })
  const values = join(writePolicies({ 'values.yaml': 'name: alice' }), 'values.yaml')
  const served = await start(t, [directory, '--values', values])
  writeFileSync(join(secrets, 'greeting'), 'ahoy')
  await reload(served)
  t.is(said(served, 'policies unchanged'), 1)
  t.is(await get(served, '/greeting'), 'ahoy')
  writeFileSync(values, 'name: bob')
  await reload(served)
  t.is(await get(served), 'bob')
  rmSync(values)
  await reload(served)
  t.is(await get(served), 'bob')
  t.like(served.logged().at(-1), { level: 'error' })
  t.regex(String(served.logged().at(-1)?.msg), /cannot read the values file .*no such file.*stay in force/)
  t.false(served.logged().some((line) => 'err' in line))
})

test('warns of settings that only a restart changes, and of the others puts in force what they say', async (t) => {
  const directory = writePolicies({ 'a.yaml': replying('one') })
  const served = await start(t, [directory])
  writeFileSync(join(directory, 'a.yaml'), `${replying('two')}settings: { limits: { connections: 5 }, audit: off }\n`)
  await reload(served)
  await until(() => said(served, 'only a restart changes') > 0)
  t.like(served.logged().at(-1), { level: 'warn', settings: ['settings.limits.connections', 'settings.audit'] })
  t.is(await get(served), 'two')
})

test('--watch puts in force what is saved, says nothing of what is the same, and what is wrong', async (t) => {
  const directory = writePolicies({ 'a.yaml': replying('one') })
  const served = await start(t, [directory, '--watch'])
  writeFileSync(join(directory, 'a.yaml'), replying('one'))
  writeFileSync(join(directory, 'a.yaml'), replying('two'))
  await answers(served, 'two')
  writeFileSync(join(directory, 'a.yaml'), 'routes: [')
  await until(() => said(served, 'policies refused') > 0)
  t.deepEqual(await ready(served), { status: 'degraded', failing: ['policies'] })
  t.is(await get(served), 'two')
  writeFileSync(join(directory, 'a.yaml'), replying('two'))
  await until(() => said(served, 'policies reloaded') === 2)
  t.deepEqual(await ready(served), { status: 'ready' })
  t.is((await served.end('SIGTERM')).code, 0)
  t.is(said(served, 'policies unchanged'), 0)
})

test('--watch sees a file in a folder that is new, and one that goes', async (t) => {
  const directory = writePolicies({ 'a.yaml': replying('one') })
  const served = await start(t, [directory, '--watch'])
  mkdirSync(join(directory, 'teams/new'), { recursive: true })
  const more = 'service: new\ndefaults: { authenticate: public }\nroutes:\n  GET /new: { reply: { body: NAME } }\n'
  writeFileSync(join(directory, 'teams/new/b.yaml'), more.replace('NAME', 'here'))
  await answers(served, 'here', '/new')
  writeFileSync(join(directory, 'teams/new/b.yaml'), more.replace('NAME', 'there'))
  await answers(served, 'there', '/new')
  rmSync(join(directory, 'teams'), { recursive: true })
  while ((await fetch(`${served.url}/new`)).status !== 404) await new Promise(setImmediate)
  t.is(await get(served), 'one')
})

/** What the kubelet makes of a ConfigMap, and how it replaces one. */
function publish(mount: string, version: string): void {
  mkdirSync(join(mount, `..${version}`))
  writeFileSync(join(mount, `..${version}`, 'a.yaml'), replying(version))
  symlinkSync(`..${version}`, join(mount, '..data_tmp'))
  renameSync(join(mount, '..data_tmp'), join(mount, '..data'))
}

test('--watch follows a ConfigMap', async (t) => {
  const mount = emptyFolder()
  publish(mount, 'v1')
  symlinkSync('..data/a.yaml', join(mount, 'a.yaml'))
  const served = await start(t, [mount, '--watch'])
  for (const [before, version] of [
    ['v1', 'v2'],
    ['v2', 'v3'],
    ['v3', 'v4'],
  ] as const) {
    publish(mount, version)
    rmSync(join(mount, `..${before}`), { recursive: true })
    await answers(served, version)
  }
  await until(() => said(served, 'policies reloaded') === 3)
  t.is(said(served, 'policies refused'), 0)
})

test('takes the tokens of an issuer that is out of reach while policies are reloaded', async (t) => {
  const publisher = await startPublisher(t, [jwk(rsa, { kid: 'a' })])
  const token = craft({ algorithm: 'RS256', key: rsa.privateKey, header: { kid: 'a' }, claims: { exp: 4e9 } })
  const text = (body: string, leeway: string) => `issuers:
  corp: { issuer: https://login.example/, audience: orders-api, algorithms: [RS256], jwks: '${publisher.url}', leeway: ${leeway} }
${replying(body, '  GET /me: { authenticate: jwt, reply: { body: me } }\n')}`
  const directory = writePolicies({ 'a.yaml': text('one', '1s') })
  const served = await start(t, [directory])
  const me = async () => (await fetch(`${served.url}/me`, { headers: { authorization: `Bearer ${token}` } })).status
  t.is(await me(), 200)
  publisher.fail()
  for (const [body, leeway] of [
    ['two', '1s'],
    ['three', '2s'],
    ['four', '3s'],
  ] as const) {
    writeFileSync(join(directory, 'a.yaml'), text(body, leeway))
    await reload(served)
    t.deepEqual([await get(served), await me()], [body, 200])
  }
  await until(() => said(served, 'the keys could not be fetched') > 0)
  let state = await ready(served)
  while (state.status === 'ready') state = await ready(served)
  t.deepEqual(state, { status: 'degraded', failing: ['issuers/corp'] })
})

test('drains at once on SIGTERM while a reload runs, and one that never ends keeps nothing up', async (t) => {
  const directory = writePolicies({ 'a.yaml': replying('one') })
  const served = await start(t, [directory])
  writeFileSync(
    join(directory, 'endless.js'),
    'console.log(JSON.stringify({ msg: "loading" }))\nawait new Promise(() => {})\nexport const endless = () => {}',
  )
  writeFileSync(join(directory, 'a.yaml'), replying('two', '  GET /endless: { handler: ./endless.js#endless }\n'))
  served.child.kill('SIGHUP')
  await until(() => said(served, 'loading') > 0)
  served.child.kill('SIGHUP')
  t.is(await get(served), 'one')
  const { code } = await served.end('SIGTERM')
  t.is(code, 0)
  t.deepEqual([said(served, 'policies'), said(served, 'drained')], [0, 1])
})
