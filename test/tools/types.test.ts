import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { inspect } from '../../src/policy/inspect.ts'
import { inputTypes } from '../../src/tools/types/input-types.ts'
import { runCommand } from '../helpers/command.ts'
import { folderOf } from '../policy/folder.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

const policy = `
schemas:
  Tree: { type: object, required: [name], properties: { name: { type: string }, kids: { type: array, items: { $ref: '#/schemas/Tree' } } } }
  two-words: { type: string, default: x, description: 'ends here */ export const evil = 1 /*' }
defaults: { authenticate: public, rateLimit: [{ by: ip, limit: 9, per: 1m }] }
routes:
  GET /a/:id/*rest:
    input:
      params: { id: { type: integer } }
      query: { page: { type: integer, default: 1 }, tags: { type: array, items: { enum: [x, 'it''s'] } }, word: { $ref: '#/schemas/two-words' } }
      headers: { X-Tenant: { type: string, required: true } }
    reply: { status: 204 }
  POST /a:
    input:
      body:
        type: object
        required: [tree, kind]
        properties:
          tree: { $ref: '#/schemas/Tree' }
          kind: { const: tea }
          note: { type: [string, 'null'] }
          'odd name': { type: boolean }
          pair: { type: array, prefixItems: [{ type: string }, { type: number }], items: false, minItems: 1 }
          lists: { type: array, items: { type: array, items: { type: string } } }
          pay: { oneOf: [{ type: object, required: [card], properties: { card: { type: string } } }, { type: object, required: [iban], properties: { iban: { type: string } } }] }
          both: { allOf: [{ type: object, properties: { a: { type: string } } }, { type: object, required: [a], properties: { b: { type: number } } }] }
          free: { type: object, additionalProperties: { type: integer } }
    reply: { status: 204 }
  PUT /a:
    input: { query: any, body: { type: string }, bodyRequired: false }
    reply: { status: 204 }
  POST /photos:
    input:
      body: { type: object, properties: { size: { type: integer } } }
      files: { photo: { required: true }, more: { maxItems: 3 } }
    reply: { status: 204 }
  PATCH /a:
    because: being tried out
    reportOnly: [input]
    input: { body: { type: string } }
    reply: { status: 204 }
`

const typesOf = (t: ExecutionContext, text: string): string => inputTypes(inspect(folderOf(t, { 'shop.yaml': text })))

/** What the compiler says of uses of the types, `line: code` each. */
function compile(t: ExecutionContext, uses: string): readonly string[] {
  const folder = folderOf(t, {
    'inputs.ts': typesOf(t, policy),
    'uses.ts': `import type { Inputs } from './inputs.ts'\n${uses}`,
  })
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  const flags = [
    '--noEmit',
    '--strict',
    '--exactOptionalPropertyTypes',
    '--allowImportingTsExtensions',
    '--module',
    'nodenext',
  ]
  const { stdout } = spawnSync(process.execPath, [compiler, ...flags, join(folder, 'uses.ts')], {
    cwd: folder,
    encoding: 'utf8',
  })
  return [...stdout.matchAll(/(\w+)\.ts\((\d+),\d+\): error (TS\d+)/g)].map(
    ([, file, line, code]) => `${file}:${line} ${code}`,
  )
}

test('types what a route lets in, as its schemas leave it', (t) => {
  const right = `
declare const get: Inputs['GET /a/:id/*rest']
declare const post: Inputs['POST /a']['body']
declare const put: Inputs['PUT /a']
const id: number = get.params.id
const rest: string = get.params.rest
const page: number = get.query.page
const word: string = get.query.word
const tags: readonly ('x' | "it's")[] | undefined = get.query.tags
const tenant: string = get.headers['x-tenant']
const kind: 'tea' = post.kind
const kid: string | undefined = post.tree.kids?.[0]?.kids?.[0]?.name
const note: string | null | undefined = post.note
const odd: boolean | undefined = post['odd name']
const pair: readonly [string, number?] | undefined = post.pair
const cell: string | undefined = post.lists?.[0]?.[0]
const card: string | undefined = post.pay && 'card' in post.pay ? post.pay.card : post.pay?.iban
const a: string | undefined = post.both?.a
const free: number | undefined = post.free?.x
const body: string | undefined = put.body
const any: string | readonly string[] | undefined = put.query.x
declare const form: Inputs['POST /photos']
const size: number | undefined = form.body.size
const photo: string | undefined = form.files.photo[0]?.type
const more: number | undefined = form.files.more?.[0]?.bytes.length
export { size, photo, more }
export { a, any, body, card, cell, free, id, kid, kind, note, odd, page, pair, rest, tags, tenant, word }
`
  t.deepEqual(compile(t, right), [])
})

test('lets no wrong use pass', (t) => {
  const wrong = `
declare const get: Inputs['GET /a/:id/*rest']
declare const post: Inputs['POST /a']['body']
export const id: string = get.params.id
export const none = get.query.other
export const tags: readonly string[] = get.query.tags
export const kind: 'coffee' = post.kind
export const sure: string = post.note
export const iban = post.pay?.iban
export const patched: string = ({} as Inputs['PATCH /a']).body
post.kind = 'tea'
export type Gone = Inputs['GET /gone']
`
  t.deepEqual(
    compile(t, wrong).map((line) => line.split(' ')[0]),
    [5, 6, 7, 8, 9, 10, 11, 12, 13].map((line) => `uses:${line}`),
  )
})

test('keeps descriptions and names inside of what they describe', (t) => {
  const text = typesOf(t, policy)
  t.false(text.includes('*/ export const evil'))
  t.regex(text, /export type TwoWords = string/)
  t.is(text, typesOf(t, policy))
})

test('the types of the samples are current', (t) => {
  t.is(readFileSync(join(root, 'policies/inputs.ts'), 'utf8'), inputTypes(inspect(join(root, 'policies'))))
})

test('writes a file, and tells whether it is current', async (t) => {
  const folder = folderOf(t, { 'policies/shop.yaml': policy })
  const types = (...args: string[]) => runCommand(['types', 'policies', ...args], { cwd: folder })
  t.is((await types('--check', 'inputs.ts')).code, 1)
  t.deepEqual(await types('--out', 'inputs.ts'), { code: 0, stdout: '', stderr: '' })
  t.is((await types('--check', 'inputs.ts')).code, 0)
  writeFileSync(join(folder, 'inputs.ts'), 'export {}')
  const stale = await types('--check', 'inputs.ts')
  t.is(stale.code, 1)
  t.regex(
    stale.stderr,
    /^portcullis: `inputs\.ts` is not current: run `npm run --silent portcullis -- types policies --out inputs\.ts`\n$/,
  )
  t.is((await types('--out', 'gone/inputs.ts')).code, 3)
  t.is((await types('--out', 'a.ts', '--check', 'b.ts')).code, 2)
})
