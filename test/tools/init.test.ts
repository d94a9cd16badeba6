import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { diagnose } from '../../src/policy/inspect.ts'
import { runCommand, serveCommand } from '../helpers/command.ts'
import { folderOf } from '../policy/folder.ts'

const document = fileURLToPath(new URL('../fixtures/openapi/shop-3.0.yaml', import.meta.url))

test('makes a directory that is clean, from nothing', async (t) => {
  const folder = folderOf(t, { 'package.json': '{ "name": "@shop/null" }' })
  const { code, stdout } = await runCommand(['init'], { cwd: folder })
  t.is(code, 0)
  t.regex(
    stdout,
    /^`package\.json` gives the name `null`\nmade `policies\/api\.yaml` and `policies\/policy\.schema\.json`\n/,
  )
  t.regex(
    stdout,
    /\nnpm run --silent portcullis -- check policies --strict .*\nnpm run --silent portcullis -- serve policies .*\n$/,
  )
  t.deepEqual(diagnose(join(folder, 'policies')), [])
  t.regex(
    readFileSync(join(folder, 'policies/api.yaml'), 'utf8'),
    /^# yaml-language-server: \$schema=policy\.schema\.json\n/,
  )
})

test('what it makes of nothing is served at once', async (t) => {
  const folder = folderOf(t, {})
  await runCommand(['init'], { cwd: folder })
  const token = ['token', '--sub', 'alice', '--scopes', 'notes:read,notes:write']
  const { stdout } = await runCommand(token, { cwd: folder })
  const served = await serveCommand([], { cwd: folder })
  t.teardown(() => served.end('SIGTERM'))
  const headers = { Authorization: `Bearer ${stdout.trim()}`, 'Content-Type': 'application/json' }
  const statusOf = async (path: string, init: RequestInit = {}) => (await fetch(`${served.url}${path}`, init)).status
  t.is(await statusOf('/health'), 200)
  t.is(await statusOf('/notes'), 401)
  t.is(await statusOf('/notes', { headers }), 200)
  t.is(await statusOf('/notes', { headers, method: 'POST', body: '{"text":"tea"}' }), 201)
  t.is(await statusOf('/notes', { headers, method: 'POST', body: '{"text":""}' }), 422)
})

test('makes a directory of an OpenAPI document that is named, or that lies there', async (t) => {
  const folder = folderOf(t, { 'openapi.yaml': readFileSync(document) })
  const named = await runCommand(['init', 'named', '--from', 'openapi.yaml', '--upstream', 'https://a.internal'], {
    cwd: folder,
  })
  const found = await runCommand(['init', 'found'], { cwd: folder })
  t.deepEqual([named.code, found.code], [0, 0])
  t.regex(found.stdout, /^`openapi\.yaml` gives 5 routes, and \d+ comments to read\n/)
  for (const directory of ['named', 'found']) t.deepEqual(diagnose(join(folder, directory)), [])
  t.regex(readFileSync(join(folder, 'named/shop.yaml'), 'utf8'), /^upstream: https:\/\/a\.internal$/m)
})

test('says why a document that it found is not used, and refuses one that was named', async (t) => {
  const folder = folderOf(t, { 'openapi.json': '{ "swagger": "2.0" }' })
  const found = await runCommand(['init'], { cwd: folder })
  t.is(found.code, 0)
  t.regex(found.stdout, /^`openapi\.json`: expected OpenAPI 3, got Swagger 2\.0.*; so it is not used\n/)
  for (const from of ['openapi.json', 'gone.yaml', 'https://a.example/openapi.json'])
    t.is((await runCommand(['init', 'other', '--from', from], { cwd: folder })).code, 2, from)
  t.false(existsSync(join(folder, 'other')))
})

test('refuses an upstream that goes nowhere, and one without a document', async (t) => {
  const folder = folderOf(t, { 'openapi.yaml': readFileSync(document), 'empty/x': '' })
  const init = (upstream: string, cwd = folder) => runCommand(['init', 'made', '--upstream', upstream], { cwd })
  const clear = await init('http://orders.internal:9000')
  t.is(clear.code, 2)
  t.regex(
    clear.stderr,
    /^portcullis: `openapi\.yaml`: the upstream cannot be used: requests to `orders\.internal:9000` leave/,
  )
  t.is((await init('javascript:x')).code, 2)
  const alone = await init('https://a.internal', join(folder, 'empty'))
  t.deepEqual([alone.code, /expected `--from FILE` beside `--upstream`/.test(alone.stderr)], [2, true])
  t.false(existsSync(join(folder, 'made')))
})

test('never writes over anything, and leaves nothing behind where something is in the way', async (t) => {
  const folder = folderOf(t, { 'policies/orders.yaml': '', 'schema/policy.schema.json': '{}', file: '' })
  mkdirSync(join(folder, 'empty'))
  for (const [directory, blocking] of [
    ['policies', 'policies/orders.yaml'],
    ['schema', 'schema/policy.schema.json'],
    ['file', 'file'],
    ['file/below', 'file'],
  ] as const) {
    const { code, stderr } = await runCommand(['init', directory], { cwd: folder })
    t.is(code, 2, directory)
    t.true(stderr.startsWith(`portcullis: \`${blocking}\` is in the way`), stderr)
  }
  t.deepEqual(readdirSync(join(folder, 'policies')), ['orders.yaml'])
  t.deepEqual(readdirSync(join(folder, 'schema')), ['policy.schema.json'])
  t.is((await runCommand(['init', 'empty'], { cwd: folder })).code, 0)
})

test('ends with 3 and a reason where nothing can be written', async (t) => {
  const { code, stderr } = await runCommand(['init', '/proc/portcullis'], { cwd: folderOf(t, {}) })
  t.is(code, 3)
  t.regex(stderr, /^portcullis: cannot write `\/proc\/portcullis`: [^\n]+\n$/)
})
