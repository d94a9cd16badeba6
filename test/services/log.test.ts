/** Logs: what gets into a line, and what never does. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import test from 'ava'
import { createLog, type LogOptions } from '../../src/services/log.ts'

function capture(options: Partial<LogOptions> = {}) {
  const lines: string[] = []
  const log = createLog({ pretty: false, destination: { write: (line) => void lines.push(line) }, ...options })
  return { log, lines }
}

test('writes one JSON object a line', (t) => {
  const { log, lines } = capture()
  log.info({ status: 200 }, 'done')
  const { time, ...line } = JSON.parse(lines.join(''))
  t.deepEqual(line, { level: 'info', status: 200, msg: 'done' })
  t.is(typeof time, 'number')
})

test('leaves out what is below its level', (t) => {
  const { log, lines } = capture()
  log.debug('quiet')
  t.deepEqual(lines, [])
  const verbose = capture({ level: 'debug' })
  verbose.log.debug('heard')
  t.is(verbose.lines.length, 1)
})

for (const name of [
  ...['authorization', 'Authorization', 'proxy-authorization', 'cookie', 'Set-Cookie', 'password', 'passwd', 'secret'],
  ...['clientSecret', 'access_token', 'refreshToken', 'apiKey', 'X-Api-Key', 'api_key', 'privateKey', 'credentials'],
]) {
  test(`censors ${name} at any depth`, (t) => {
    const { log, lines } = capture()
    log.info({ [name]: 'hunter2', request: { headers: [{ [name]: ['hunter2'] }] } }, 'x')
    t.notRegex(lines.join(''), /hunter2/)
    t.is(lines.join('').split('[redacted]').length, 3)
  })
}

const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln'
for (const text of [
  `Bearer hunter2.x`,
  `authorization: basic aHVudGVyMg==`,
  `got ${jwt}`,
  'redis://user:hunter2@10.0.0.1:6379',
]) {
  test(`censors the credential in "${text}"`, (t) => {
    const { log, lines } = capture()
    const err = Object.assign(new Error(text, { cause: new Error(text) }), { config: { url: text } })
    log.error({ err, note: text }, text)
    log.error(err)
    t.is(lines.length, 2)
    t.notRegex(lines.join(''), /hunter2|aHVudGVyMg|eyJ/)
    for (const line of lines) t.notThrows(() => JSON.parse(line))
  })
}

test('keeps what is no credential', (t) => {
  const { log, lines } = capture()
  log.info(
    { code: 'token_missing', route: 'GET /tokens/:id', url: 'http://127.0.0.1:8080', at: new Date(0) },
    'a bearer of news',
  )
  const { code, route, url, at } = JSON.parse(lines.join(''))
  t.deepEqual(
    [code, route, url, at],
    ['token_missing', 'GET /tokens/:id', 'http://127.0.0.1:8080', '1970-01-01T00:00:00.000Z'],
  )
})

test('survives objects that hold themselves, and names of the prototype', (t) => {
  const { log, lines } = capture()
  const loop: Record<string, unknown> = {}
  loop.loop = loop
  log.info(loop, 'x')
  log.info(JSON.parse('{"__proto__":{"password":"hunter2"},"constructor":1}'), 'x')
  t.is(lines.length, 2)
  t.notRegex(lines.join(''), /hunter2/)
})

test('writes readable lines without colour where there is no terminal, censored alike', (t) => {
  const { log, lines } = capture({ pretty: true })
  log.warn({ guard: 'scopes', password: 'hunter2' }, 'refused')
  t.regex(lines.join(''), /^\[\d\d:\d\d:\d\d\] WARN: refused \{"guard":"scopes","password":"\[redacted\]"\}\n$/)
})

const program = `
  import { createLog } from ${JSON.stringify(new URL('../../src/services/log.ts', import.meta.url))}
  const log = createLog({ pretty: false })
  for (let i = 0; i < 60000; i++) log.info({ filler: 'x'.repeat(2000) }, 'line')
  process.on('exit', () => log.info('the log is still there at the end'))
  process.stderr.write(String(process.memoryUsage().heapUsed < 100e6))
`

test('outlives a full disk, and keeps its memory bounded', async (t) => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'],
  })
  let said = ''
  child.stderr?.on('data', (chunk) => {
    said += chunk
  })
  const [code] = await once(child, 'close')
  t.is(code, 0)
  t.is(said, 'true')
})
