/** What people see in an editor: yaml-language-server itself, on the samples and beside them. */

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { guards } from '../../src/guards/index.ts'
import { handlers } from '../../src/handlers/index.ts'
import { readFences, root } from '../helpers/markdown.ts'
import { type Document, LanguageServer, type Position } from './language-server.ts'

const folder = join(root, 'policies')
const modeline = '# yaml-language-server: $schema=policy.schema.json\n'

let server: LanguageServer
test.before(async () => {
  server = await LanguageServer.start()
})
test.after.always(() => server.end())

let drafts = 0
/** A new file in the folder of the samples, open and never saved; `|` is where the cursor stands. */
async function write(text: string): Promise<{ readonly document: Document; readonly cursor: Position }> {
  const [before = '', after = ''] = `${modeline}${text}`.split('|')
  const lines = before.split('\n')
  const cursor = { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 }
  drafts += 1
  return { document: await server.open(join(folder, `draft-${drafts}.yaml`), before + after), cursor }
}

async function complete(text: string): Promise<ReadonlyMap<string, string>> {
  const { document, cursor } = await write(text)
  const items = await document.complete(cursor)
  return new Map(
    items.map(({ label, documentation = '' }) => [
      label,
      typeof documentation === 'string' ? documentation : documentation.value,
    ]),
  )
}

async function hover(text: string): Promise<string> {
  const { document, cursor } = await write(text)
  return document.hover(cursor)
}

/** `line message` of everything that is marked; lines count from 1, below the modeline. */
async function marks(text: string): Promise<readonly string[]> {
  const { document } = await write(text)
  return document.found.map(({ range, message }) => `${range.start.line} ${message}`)
}

for (const file of readdirSync(folder).filter((name) => name.endsWith('.yaml') && !name.endsWith('.test.yaml'))) {
  test(`marks nothing in the sample ${file}`, async (t) => {
    const text = readFileSync(join(folder, file), 'utf8')
    t.true(text.startsWith(modeline))
    t.deepEqual((await server.open(join(folder, file), text)).found, [])
    const broken = await server.open(join(folder, file.replace('.yaml', '.broken.yaml')), `${text}\nnonsense: 1\n`)
    t.deepEqual(
      broken.found.map(({ message }) => message),
      ['Property nonsense is not allowed.'],
    )
  })
}

test('offers the sections of a file', async (t) => {
  const offered = await complete('|')
  for (const name of ['settings', 'issuers', 'roles', 'profiles', 'defaults', 'routes']) t.true(offered.has(name), name)
  t.is(offered.get('issuers'), 'Whose tokens are accepted.')
})

test('offers routes to begin with', async (t) => {
  const offered = await complete('routes:\n  |')
  t.true(offered.has('GET /'))
  t.true(offered.has('DELETE /:id'))
})

test('offers every guard and destination in a route, with its summary and its example', async (t) => {
  const offered = await complete('routes:\n  GET /:\n    |')
  for (const { name, summary, example } of [...guards, ...handlers]) {
    t.true(offered.get(name)?.startsWith(summary), name)
    t.true(offered.get(name)?.includes(example.trim()), name)
  }
})

test('offers the options of a limit, what must be there as one, and the inherited ones', async (t) => {
  const offered = await complete('routes:\n  GET /:\n    rateLimit:\n      - |')
  for (const name of ['by', 'name', 'limit', 'per', 'burst', 'algorithm', 'inherit']) t.true(offered.has(name), name)
  t.regex(offered.get('object(rateLimit)') ?? '', /by:.*limit:.*per:/s)
  const further = await complete('routes:\n  GET /:\n    rateLimit:\n      - by: ip\n        |')
  t.true(further.has('burst'))
  t.false(further.has('by'))
})

test('offers the words that a value can be', async (t) => {
  const words = [...(await complete('routes:\n  GET /:\n    authenticate: |')).keys()]
  t.deepEqual(words, ['public', 'jwt', 'apiKey', 'session', 'mtls', '"off"'])
  t.true((await complete('defaults:\n  headers:\n    helmet:\n      referrerPolicy:\n        policy: |')).has('origin'))
})

test('offers the keywords of input schemas, described, at any depth', async (t) => {
  const offered = await complete(
    'routes:\n  GET /:\n    input:\n      body:\n        type: object\n        properties:\n          a:\n            |',
  )
  t.is(offered.get('minLength'), 'The fewest characters.')
  t.true(offered.has('transform'))
})

test('tells over a block what it is for, with its example', async (t) => {
  for (const value of ['public', '{ jwt: {} }', '[jwt, public]', 'off']) {
    const text = await hover(`routes:\n  GET /:\n    authen|ticate: ${value}\n`)
    t.regex(text, /^#### authenticate\n\nSays who may call/, value)
    t.true(text.includes('- jwt: { issuers: [shop], audience: orders-api }'), value)
  }
})

test('tells over an option what it is for', async (t) => {
  t.regex(
    await hover('routes:\n  GET /:\n    rateLimit: [{ by: ip, limit: 5, p|er: 1m }]\n'),
    /^#### per\n\nThe period\./,
  )
  t.regex(await hover('settings:\n  listen: { p|ort: 80 }\n'), /The port to listen on/)
})

test('marks a misspelt key at its line', async (t) => {
  t.deepEqual(await marks('routes:\n  GET /:\n    authenticat: public\n'), ['3 Property authenticat is not allowed.'])
  t.deepEqual(
    await marks(
      'defaults:\n  rateLimit:\n    - { by: ip, limit: 5, per: 1m }\n    - by: ip\n      limit: 5\n      per: 1m\n      brust: 2\n',
    ),
    ['7 Property brust is not allowed.'],
  )
})

test('marks a key that is missing', async (t) => {
  t.deepEqual(await marks('defaults:\n  cors: { credentials: true }\n'), ['2 Missing property "origins".'])
})

test('marks a value of another type or form, and says what is expected', async (t) => {
  t.deepEqual(await marks("settings:\n  listen: { port: '80' }\n"), ['2 expected an integer'])
  t.deepEqual(await marks('defaults:\n  rateLimit: [{ by: ip, limit: 5, per: 1 }]\n'), [
    '2 expected a duration, such as `1m`',
  ])
  t.deepEqual(await marks('defaults:\n  authenticate: publik\n'), [
    '2 Value is not accepted. Valid values: "public", "jwt", "apiKey", "session", "mtls", "off".',
  ])
  t.deepEqual(await marks('routes:\n  get /:\n    builtin: health\n'), [
    '2 expected `METHOD /path`, with METHOD one of GET, HEAD, POST, PUT, PATCH, DELETE, ANY',
  ])
})

test('marks what is wrong in the form that was meant', async (t) => {
  t.deepEqual(await marks('routes:\n  GET /:\n    upstream: { url: http://a.test, prefx: / }\n'), [
    '3 Property prefx is not allowed.',
  ])
  t.deepEqual(await marks('upstream: { ulr: http://a.test }\n'), [
    '1 Missing property "url".',
    '1 Property ulr is not allowed.',
  ])
  t.deepEqual(await marks('defaults:\n  scopes: { any: orders:read }\n'), ['2 expected a list'])
})

test('marks no reference', async (t) => {
  const text =
    'settings:\n  listen: { port: "${env:PORT:-8080}" }\n  limits: { body: "${value:body}" }\ndefaults:\n  cors: { origins: "${value:origins}", credentials: "${value:credentials}" }\n'
  t.deepEqual(await marks(text), [])
})

test('the settings that the documents show mark policies without a first line, and leave policy tests alone', async (t) => {
  const [settings] = readFences('docs/editor.md').filter(({ language }) => language === 'json')
  const { 'yaml.schemas': schemas } = JSON.parse(settings?.text ?? '')
  const workspace = mkdtempSync(join(tmpdir(), 'portcullis-'))
  cpSync(join(folder, 'policy.schema.json'), join(workspace, 'policies/policy.schema.json'))
  const editor = await LanguageServer.start({ folder: workspace, schemas })
  t.teardown(async () => {
    await editor.end()
    rmSync(workspace, { recursive: true, force: true })
  })
  const [policy, tests] = ['policies/shop/orders.yaml', 'policies/orders.test.yaml'].map((file) =>
    join(workspace, file),
  )
  t.is((await editor.open(policy ?? '', 'nonsense: 1\n')).found.length, 1)
  t.is((await editor.open(tests ?? '', 'tests: []\n')).found.length, 0)
})
