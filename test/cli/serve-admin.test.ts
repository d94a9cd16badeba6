/** The admin listener of `serve`, in a process of its own. */

import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { runCommand, serveCommand } from '../helpers/command.ts'
import { writePolicies } from '../helpers/gate.ts'
import { RawClient } from '../helpers/raw.ts'
import { until } from '../helpers/until.ts'

const token = 'q7Vw2mZ0fXn5sRk8yB3tLcJ6hDpG9aEu'
const env = { PORTCULLIS_SECRET_ADMIN: token }

const policies = (body: string, more = '') => `settings: { admin: { port: 0, token: '\${secret:admin}' } }
defaults: { authenticate: public }
routes:
  GET /: { reply: { body: ${body} } }
${more}`

const codeOf = (text: string): string => JSON.parse(text).code

async function start(t: ExecutionContext, text = policies('one'), args: readonly string[] = []) {
  const directory = writePolicies({ 'a.yaml': text })
  const served = await serveCommand([directory, ...args], { env })
  t.teardown(() => served.child.kill('SIGKILL'))
  const admin = String(served.logged().find(({ admin }) => admin)?.admin)
  const call = async (method: string, path: string, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${admin}${path}`, { method, headers: { Authorization: `Bearer ${token}`, ...headers } })
    const text = await answer.text()
    const body = answer.headers.get('content-type')?.includes('json') && text !== '' ? JSON.parse(text) : text
    return { status: answer.status, headers: answer.headers, body }
  }
  const write = (next: string) => writeFileSync(join(directory, 'a.yaml'), next)
  const root = async () => (await fetch(served.url)).text()
  return { served, directory, admin, call, write, root }
}

test('reloads when it is asked to, and answers with what is in force', async (t) => {
  const { served, call, write, root } = await start(t)
  t.like((await call('POST', '/reload')).body, { result: 'unchanged', routes: 1, warnings: [], restart: [] })
  write(policies('two', '  POST /open: { reply: { status: 202 } }\n').replace('port: 0', 'port: 9'))
  const { status, body } = await call('POST', '/reload')
  t.is(status, 200)
  t.like(body, { result: 'reloaded', routes: 2, restart: ['settings.admin'] })
  t.like(body.warnings, [{ rule: 'rateLimit/missing', severity: 'warning', line: 5 }])
  t.is(await root(), 'two')
  const ready = await call('GET', '/ready')
  t.is(ready.body.policy.digest, body.digest)
  t.like(ready.body.lastReload, { cause: 'admin', ...body })
  t.true(served.logged().some(({ msg, digest }) => msg === 'policies reloaded' && digest === body.digest))
})

test('answers a refused reload with what `check` says of the policies, and nothing changes', async (t) => {
  const { served, directory, call, write, root } = await start(t)
  write(policies('two').replace('public', 'publik'))
  const { status, body } = await call('POST', '/reload')
  t.is(status, 422)
  const checked = await runCommand(['check', directory, '--format', 'json'])
  t.deepEqual(body, { result: 'refused', diagnostics: JSON.parse(checked.stdout) })
  t.is(body.diagnostics.length, 1)
  t.is(await root(), 'one')
  const ready = await call('GET', '/ready')
  t.is(ready.status, 200)
  t.like(ready.body, { status: 'degraded', faults: { policies: 'the policies could not be loaded anew' } })
  t.deepEqual(ready.body.lastReload.diagnostics, body.diagnostics)
  t.true(served.logged().some(({ msg, level }) => level === 'error' && String(msg).startsWith('policies refused')))
  write(policies('three'))
  t.is((await call('POST', '/reload')).status, 200)
  t.like((await call('GET', '/ready')).body, { status: 'ready', faults: {} })
  t.is(await root(), 'three')
})

test('says what the machine lacks', async (t) => {
  const { directory, call, write, root } = await start(t)
  writeFileSync(join(directory, 'broken.ts'), "throw new Error('no database')")
  write(policies('two', '  GET /new: { handler: ./broken.ts#default }\n'))
  const { status, body } = await call('POST', '/reload')
  t.is(status, 500)
  t.is(body.result, 'failed')
  t.regex(body.message, /broken\.ts.*no database/)
  t.is(await root(), 'one')
})

test('says whose process it is, since when its policies are in force, and what it counted', async (t) => {
  const { served, call } = await start(t)
  const { status, body } = await call('GET', '/ready')
  t.is(status, 200)
  t.is(body.pid, served.child.pid)
  t.regex(body.version, /^\d+\.\d+\.\d+/)
  t.true(Math.abs(Date.parse(body.policy.since) - Date.now()) < 60_000)
  t.regex(body.policy.digest, /^[0-9a-f]{64}$/)
  t.false('lastReload' in body)
  t.deepEqual((await call('GET', '/health')).body, { status: 'ok' })
  const metrics = await call('GET', '/metrics')
  t.regex(metrics.body, new RegExp(`portcullis_policy_info\\{digest="${body.policy.digest}"\\} 1\n`))
})

test('nobody gets past it without the token, on any path', async (t) => {
  const { served, admin } = await start(t)
  const plain = async (path: string, authorization?: string) => {
    const answer = await fetch(`${admin}${path}`, {
      method: path === '/reload' ? 'POST' : 'GET',
      headers: authorization === undefined ? {} : { Authorization: authorization },
    })
    return [answer.status, answer.headers.get('www-authenticate'), codeOf(await answer.text())]
  }
  const missing = [401, 'Bearer', 'token_missing']
  const wrong = [401, 'Bearer error="invalid_token"', 'token_invalid']
  for (const path of ['/reload', '/ready', '/health', '/metrics', '/none']) t.deepEqual(await plain(path), missing)
  for (const other of [`Basic ${btoa(`:${token}`)}`, token, 'Bearer '])
    t.deepEqual(await plain('/ready', other), missing)
  for (const other of ['x', token.slice(1), `${token}x`, token.toLowerCase(), `${token} ${token}`, '', 'ÿ'.repeat(9)])
    if (other) t.deepEqual(await plain('/ready', `Bearer ${other}`), wrong, other)
  t.is((await plain('/ready', `bearer ${token}`))[0], 200)
  t.is((await plain(`/ready?access_token=${token}`))[0], 401)
  const refused = served.logged().filter(({ listener, code }) => listener === 'admin' && code !== undefined)
  t.true(refused.length >= 14)
  t.like(refused[0], { level: 'warn', method: 'POST', path: '/reload', status: 401, code: 'token_missing' })
  t.false(JSON.stringify(served.logged()).includes(token))
  t.is(served.logged().filter(({ msg }) => String(msg).startsWith('policies')).length, 0)
})

test('knows its own paths in one spelling, and tells of other methods', async (t) => {
  const { admin, call } = await start(t)
  for (const path of ['/', '/Ready', '/ready/', '/reload/', '/re%61dy', '/readyx'])
    t.is((await call('GET', path)).body.code, 'route_unknown', path)
  const reload = await call('GET', '/reload')
  t.deepEqual([reload.status, reload.headers.get('allow')], [405, 'POST'])
  t.is((await call('POST', '/ready')).headers.get('allow'), 'HEAD, GET')
  t.is((await call('HEAD', '/ready')).status, 200)
  const preflight = await call('OPTIONS', '/reload', {
    Origin: 'https://evil.example',
    'Access-Control-Request-Method': 'POST',
  })
  t.is(preflight.status, 405)
  const names = [...(await call('GET', '/ready', { Origin: 'https://evil.example' })).headers.keys()]
  t.deepEqual(
    names.filter((name) => /^access-control|cookie/.test(name)),
    [],
  )
  t.is((await call('GET', '/ready')).headers.get('cache-control'), 'no-store')
  const problem = await call('GET', '/none', { Accept: 'application/problem+json' })
  t.is(problem.headers.get('content-type'), 'application/problem+json')
  t.is(problem.body.type, 'urn:portcullis:route_unknown')
  t.is(codeOf(await (await fetch(`${admin}/ready`)).text()), 'token_missing')
})

test('answers what is no request, and too large a head, as the gate does', async (t) => {
  const { admin } = await start(t)
  const port = Number(new URL(admin).port)
  const ask = async (bytes: string) => {
    const client = await RawClient.connect(port)
    const answer = await client.send(bytes).answer()
    client.socket.destroy()
    return answer.status
  }
  const bearer = `Authorization: Bearer ${token}\r\n`
  t.is(await ask('nonsense\r\n\r\n'), 400)
  t.is(await ask(`GET /ready HTTP/1.1\r\nHost: a\r\nHost: b\r\n${bearer}\r\n`), 400)
  t.is(await ask(`GET /ready HTTP/1.1\r\nHost: a\r\n${bearer}Authorization: Bearer x\r\n\r\n`), 400)
  t.is(await ask(`GET /ready HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(9000)}\r\n\r\n`), 431)
  t.is(await ask(`CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n${bearer}\r\n`), 405)
  t.is(await ask(`POST /reload HTTP/1.1\r\nHost: a\r\n${bearer}Content-Length: 1000000000\r\n\r\n`), 200)
  t.is(await ask(`GET /ready HTTP/1.1\r\nHost: a\r\n${bearer}\r\n`), 200)
})

test('many who ask at once share the reloads', async (t) => {
  const { served, call } = await start(t)
  const answers = await Promise.all(Array.from({ length: 50 }, () => call('POST', '/reload')))
  t.true(answers.every(({ status }) => status === 200))
  const done = served.logged().filter(({ msg }) => String(msg).startsWith('policies unchanged')).length
  t.true(done >= 1 && done < 50, String(done))
})

test('answers while the gate drains: not ready, and nothing is put in force', async (t) => {
  const [arrived, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const upstream = createServer(async (_req, res) => {
    arrived.resolve()
    await goOn.promise
    res.end('slow')
  }).listen(0, '127.0.0.1')
  await once(upstream, 'listening')
  t.teardown(() => upstream.close().closeAllConnections())
  const { port } = upstream.address() as AddressInfo
  const { served, call, write } = await start(
    t,
    policies('one', `  GET /slow: { upstream: 'http://127.0.0.1:${port}' }\n`),
  )
  const slow = fetch(`${served.url}/slow`)
  await arrived.promise
  const ended = served.end('SIGTERM')
  await until(() => served.logged().some(({ msg }) => String(msg).startsWith('draining')))
  const ready = await call('GET', '/ready')
  t.deepEqual([ready.status, ready.body.status], [503, 'unready'])
  write(policies('two'))
  const reload = await call('POST', '/reload')
  t.deepEqual([reload.status, reload.body.code, reload.headers.get('retry-after')], [503, 'shutting_down', '1'])
  goOn.resolve()
  t.is(await (await slow).text(), 'slow')
  t.is((await ended).code, 0)
})

test('is not there unless it is asked for, and takes no port that is taken', async (t) => {
  const plain = await serveCommand([
    writePolicies({ 'a.yaml': 'routes: { GET /: { authenticate: public, builtin: health } }' }),
  ])
  t.teardown(() => plain.child.kill('SIGKILL'))
  t.false(plain.logged().some((line) => 'admin' in line))
  const taken = new URL(plain.url).port
  const directory = writePolicies({ 'a.yaml': policies('one').replace('port: 0', `port: ${taken}`) })
  const { code, stderr } = await runCommand(['serve', directory, '--port', '0'], { env })
  t.is(code, 3)
  t.regex(
    stderr,
    new RegExp(`port \`${taken}\` is in use; stop the other server or write another \`settings.admin.port\``),
  )
})
