/** Directories and files that nobody meant to write: a clear list, in bounded time. */

import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { DirectoryFault, diagnose } from '../../src/index.ts'
import { load } from '../../src/policy/load.ts'
import { briefly, findingsOf, folderOf } from './folder.ts'

const health = 'routes:\n  GET /health: { authenticate: public, builtin: health }\n'

const rulesOf = (folder: string): readonly string[] => diagnose(folder).map(({ rule }) => rule)

/** Runs `use` and fails where it takes longer than seconds on a slow machine. */
function within(t: ExecutionContext, milliseconds: number, use: () => void): void {
  const started = performance.now()
  use()
  t.true(performance.now() - started < milliseconds)
}

test('a missing directory, and a file in its place, are a fault of the call', (t) => {
  const folder = folderOf(t, { 'shop.yaml': health })
  t.throws(() => diagnose(join(folder, 'nowhere')), {
    instanceOf: DirectoryFault,
    message: /nowhere`: no such file or directory$/,
  })
  t.throws(() => diagnose(join(folder, 'shop.yaml')), { instanceOf: DirectoryFault, message: /not a directory$/ })
})

test('an empty directory holds nothing to enforce', (t) => {
  t.deepEqual(rulesOf(folderOf(t, { 'README.md': 'none' })), ['policy/empty'])
})

test('hidden names and policy tests are left out, at any depth', (t) => {
  const files = {
    'a/shop.yaml': health,
    '.x.yaml': '[',
    'a/.y/z.yaml': '[',
    'shop.test.yaml': '[',
    'a/b.test.yml': '[',
  }
  t.deepEqual(rulesOf(folderOf(t, files)), [])
})

test('a mounted ConfigMap is read once, through its links', (t) => {
  const folder = folderOf(t, { '..2024/shop.yaml': health })
  symlinkSync('..2024', join(folder, '..data'))
  symlinkSync('..data/shop.yaml', join(folder, 'shop.yaml'))
  const { files, diagnostics } = load(folder)
  t.is(files.length, 1)
  t.deepEqual(diagnostics, [])
})

test('links that lead nowhere or in a circle are told, circles of folders end', (t) => {
  const folder = folderOf(t, { 'shop.yaml': health, 'sub/orders.yaml': '# none\n' })
  symlinkSync('gone.yaml', join(folder, 'a.yaml'))
  symlinkSync('gone', join(folder, 'b'))
  symlinkSync('c.yaml', join(folder, 'c.yaml'))
  symlinkSync('..', join(folder, 'sub', 'up'))
  t.deepEqual(
    diagnose(folder).map(({ message }) => message),
    ['no such file or directory', 'no such file or directory', 'a loop of symbolic links'],
  )
  t.is(load(folder).files.length, 2)
})

test('folders deeper than sixteen are told, not skipped', (t) => {
  const deep = Array.from({ length: 17 }, (_, index) => `d${index}`).join('/')
  t.deepEqual(rulesOf(folderOf(t, { 'shop.yaml': health, [`${deep}/more.yaml`]: health })), ['policy/unreadable'])
})

test('a pipe is not waited for, a device not read, a folder named like a file is a folder', (t) => {
  const folder = folderOf(t, { 'shop.yaml': health, 'folder.yaml/more.yaml': '# none\n' })
  execFileSync('mkfifo', [join(folder, 'pipe.yaml')])
  symlinkSync('/dev/zero', join(folder, 'zero.yaml'))
  t.deepEqual(
    diagnose(folder).map(({ message }) => message),
    ['expected a regular file', 'expected a regular file'],
  )
})

test('what permissions hide is told', (t) => {
  const folder = folderOf(t, { 'shop.yaml': health, 'secret.yaml': health })
  mkdirSync(join(folder, 'closed'))
  chmodSync(join(folder, 'secret.yaml'), 0)
  chmodSync(join(folder, 'closed'), 0)
  const hidden = diagnose(folder).filter(({ rule }) => rule === 'policy/unreadable')
  t.teardown(() => chmodSync(join(folder, 'closed'), 0o700))
  // The superuser reads everything.
  t.is(hidden.length, process.getuid?.() === 0 ? 0 : 2)
})

test('a file that is too large or no text is told, and not parsed', (t) => {
  const folder = folderOf(t, {
    'large.yaml': Buffer.alloc(10 * 1024 ** 2, 0x20),
    'binary.yaml': Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff]),
    'zeros.yaml': Buffer.alloc(100),
    'utf16.yaml': Buffer.from('\ufeffroutes: {}', 'utf16le'),
  })
  t.deepEqual(rulesOf(folder), ['policy/not-text', 'policy/too-large', 'policy/not-text', 'policy/not-text'])
})

test('a byte order mark, CRLF, tabs and wide characters do not move places', (t) => {
  t.deepEqual(findingsOf(t, `\ufeffroutes:\r\n  GET /x: { authenticate: public, builtin: helth }\r\n`), [
    '2:44 policy/wrong-type',
  ])
  t.deepEqual(findingsOf(t, `# 😀 ключ\nroutes:\n  GET /x: {\tauthenticate: public, builtin: helth }\n`), [
    '3:44 policy/wrong-type',
  ])
})

test('nesting without end is told at once', (t) => {
  const nests = {
    lists: '['.repeat(100_000),
    maps: '{a: '.repeat(100_000),
    items: '- '.repeat(100_000),
    keys: '? '.repeat(50_000),
  }
  for (const nest of Object.values(nests)) {
    within(t, 5_000, () =>
      t.deepEqual(
        diagnose(folderOf(t, { 'a.yaml': nest })).map(({ rule }) => rule),
        ['yaml/too-deep'],
      ),
    )
  }
})

test('aliases cannot blow a file up', (t) => {
  const bomb = `a: &a [${'x,'.repeat(100_000)}]\n${Array.from({ length: 50 }, (_, i) => `k${i}: *a`).join('\n')}\n`
  const many = `a: &a 1\n${Array.from({ length: 5_000 }, (_, i) => `k${i}: *a`).join('\n')}\n`
  within(t, 10_000, () => {
    t.true(findingsOf(t, bomb).some((found) => found.endsWith('yaml/too-many-aliases')))
    t.true(findingsOf(t, many).some((found) => found.endsWith('yaml/too-many-aliases')))
  })
  t.deepEqual(findingsOf(t, 'a: &a [*a]\n'), ['1:8 yaml/unknown-alias'])
})

test('200 errors are told at once, each at its line', (t) => {
  const routes = Array.from(
    { length: 200 },
    (_, index) => `  GET /r${index}: { authenticate: public, builtin: helth }\n`,
  )
  const found = findingsOf(t, `routes:\n${routes.join('')}`)
  t.is(found.length, 200)
  t.true(found.every((text, index) => text.startsWith(`${index + 2}:`)))
})

test('200,000 keys end in seconds', (t) => {
  const keys = (count: number, line: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => line(index)).join('\n')
  const files = {
    'unknown.yaml': keys(200_000, (index) => `key${index}: 1`),
    'twice.yaml': keys(20_000, () => 'a: 1'),
    'routes.yaml': `routes:\n${keys(20_000, (index) => `  GTE /r${index}:`)}`,
  }
  within(t, 45_000, () => t.true(diagnose(folderOf(t, files)).length > 40_000))
})

const fragments = fc.constantFrom(
  ...[
    'routes:',
    'GET /:id:',
    'defaults:',
    'authenticate: public',
    'rateLimit:',
    '- inherit',
    'off',
    '${env:X:-5}',
    '${value:a}',
  ],
  ...[
    'issuers:',
    'schemas:',
    'values:',
    'use: p',
    'profiles:',
    '{',
    '}',
    '[',
    ']',
    ': ',
    '- ',
    '\n',
    '\n  ',
    '\n    ',
    '*a',
    '&a ',
  ],
  ...[
    'input: { body: { $ref: "#/schemas/A" } }',
    '__proto__',
    'null',
    '~',
    '.inf',
    '!!set',
    '"',
    "'",
    '|',
    '>',
    '\t',
    '%YAML 1.1\n---\n',
  ],
  ...[
    'reply: {}',
    'host: "*"',
    'cost: 1e9',
    'because: ok',
    'settings: { listen: { port: 1 } }',
    'constructor: {}',
    '<<: *a',
    '? ',
  ],
)
const yaml = fc.oneof(
  fc
    .array(fc.oneof({ weight: 5, arbitrary: fragments }, fc.string({ unit: 'grapheme', maxLength: 5 })), {
      maxLength: 40,
    })
    .map((parts) => parts.join('')),
  fc
    .jsonValue({ maxDepth: 6 })
    .map((value) => JSON.stringify({ routes: value, defaults: value, issuers: value, roles: value })),
)

test('no text makes it throw', (t) => {
  const folder = folderOf(t, {})
  fc.assert(
    fc.property(yaml, (text) => {
      writeFileSync(join(folder, 'shop.yaml'), text)
      return diagnose(folder).every(({ line, column }) => line >= 1 && column >= 1)
    }),
    { numRuns: 400, includeErrorInReport: true },
  )
  t.pass()
})

const whole = `settings: { listen: { port: 8080 } }
values: { page: https://shop.example }
issuers: { shop: { builtin: true, audience: shop-api } }
roles: { clerk: [{ can: read, subject: Order, when: { ownerId: '\${user.id}' } }] }
schemas: { Sku: { type: string, pattern: '^[A-Z]+$' } }
profiles: { page: { cors: { origins: ['\${value:page}'] } } }
defaults: { use: page, authenticate: jwt, rateLimit: [{ by: ip, limit: 60, per: 1m }] }
routes:
  GET /orders/:id:
    scopes: [orders:read]
    rateLimit: [inherit, { by: '\${params.id}', name: id, limit: 5, per: 1s }]
    input: { params: { id: { $ref: '#/schemas/Sku' } } }
    authorize: { action: read, subject: Order, resource: { ownerId: '\${params.id}' } }
    reply: { status: 200 }
`

test('no mutation of a sound file makes it throw', (t) => {
  const folder = folderOf(t, { 'shop.yaml': whole })
  t.deepEqual(diagnose(folder).map(briefly), [])
  const cut = fc.record({ at: fc.nat(whole.length), length: fc.nat(40), text: fc.oneof(fragments, fc.constant('')) })
  fc.assert(
    fc.property(fc.array(cut, { minLength: 1, maxLength: 3 }), (cuts) => {
      const text = cuts.reduce(
        (all, { at, length, text: put }) => all.slice(0, at) + put + all.slice(at + length),
        whole,
      )
      writeFileSync(join(folder, 'shop.yaml'), text)
      return diagnose(folder).every(({ hint }) => hint !== '')
    }),
    { numRuns: 300, includeErrorInReport: true },
  )
})
