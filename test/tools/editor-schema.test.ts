/** The editor schema and `check` agree on the shape of policies: what one marks, the other marks, and nothing more. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv, type ErrorObject } from 'ajv'
import test, { type ExecutionContext } from 'ava'
import { type Document, isMap, isNode, LineCounter, parse, parseDocument } from 'yaml'
import { guards } from '../../src/guards/index.ts'
import { handlers } from '../../src/handlers/index.ts'
import { diagnose } from '../../src/policy/inspect.ts'
import type { EditorSchema } from '../../src/tools/editor-schema/draft-07.ts'
import { editorSchema } from '../../src/tools/editor-schema/editor-schema.ts'
import { findFaults, readFences, root } from '../helpers/markdown.ts'
import { readCases } from '../policy/golden.ts'

/** What yaml-language-server reads beside draft-07. */
const extensions = ['markdownDescription', 'errorMessage', 'patternErrorMessage', 'defaultSnippets']
const schema = editorSchema()
const validate = new Ajv({ allErrors: true, strict: true, strictTypes: false, keywords: extensions }).compile(schema)

const accepts = (text: string): boolean => validate(parse(text))

function pathOf({ instancePath, keyword, params }: ErrorObject): readonly string[] {
  const path = instancePath.split('/').slice(1)
  const names = path.map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
  return keyword === 'additionalProperties' ? [...names, params.additionalProperty] : names
}

/** Where a value begins, and the key before it: `check` marks the key of a value that is missing something. */
function offsetsOf(document: Document, path: readonly string[]): readonly number[] {
  const holder = document.getIn(path.slice(0, -1), true)
  const pair = isMap(holder) ? holder.items.find(({ key }) => String(key) === path.at(-1)) : undefined
  return [pair?.key, document.getIn(path, true)].flatMap((node) => (isNode(node) ? (node.range?.[0] ?? []) : []))
}

/** The lines that an editor marks. */
function linesOf(text: string): ReadonlySet<number> {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter })
  if (validate(document.toJS())) return new Set()
  const offsets = (validate.errors ?? []).flatMap((error) => offsetsOf(document, pathOf(error)))
  return new Set(offsets.map((offset) => lineCounter.linePos(offset).line))
}

interface Finding {
  readonly line: number
  readonly rule: string
  readonly message: string
}

const shapeRules =
  /^(policy\/(unknown-key|missing-key|wrong-type|invalid-value)|input\/unsupported-keyword|routes\/invalid-key)$/

/** Whether a finding is about the form alone: what a reference, a name or a bound of several keys means is for `check`. */
const isOfShape = ({ rule, message }: Finding): boolean =>
  shapeRules.test(rule) || (rule === 'schemas/invalid' && message.startsWith('unsupported keyword'))

/** `check` could not read on: what an editor says of the rest is its own affair. */
const isOfText = ({ rule }: Finding): boolean => rule.startsWith('yaml/')

/** Every finding of form is marked at its line, and a file without one is clean. */
function agree(t: ExecutionContext, text: string, findings: readonly Finding[]): void {
  if (findings.some(isOfText)) return
  const marked = linesOf(text)
  const shape = findings.filter(isOfShape)
  for (const { line, rule, message } of shape) t.true(marked.has(line), `${line} ${rule} ${message}`)
  if (shape.length === 0) t.deepEqual([...marked], [])
}

/** Policies that are judged as they stand, not when the server opens. */
const cases = readCases().flatMap(({ name, files, environment, report }) =>
  [...files]
    .filter(([file]) => environment === undefined && /^policies\/(?!.*\.test\.)[^.].*\.ya?ml$/.test(file))
    .map(([file, text]) => ({ name, file, text, report })),
)

for (const { name, file, text, report } of cases) {
  test(`agrees with check on ${name.replaceAll('-', ' ')}, ${file}`, (t) => {
    const told = report.matchAll(/^(\S+?):(\d+):\d+ {2}(?:error|warning) {2}(\S+) {2}(.*)$/gm)
    const findings = [...told]
      .filter(([, of]) => of === file)
      .map(([, , line, rule = '', message = '']) => ({ line: Number(line), rule, message }))
    agree(t, text, findings)
    t.pass()
  })
}

test('marks the planted faults that are faults of form, each at its line', (t) => {
  const folder = join(root, 'test/policy/faults')
  const found = diagnose(folder)
  for (const file of readdirSync(folder)) {
    const findings = found.filter((each) => each.file.endsWith(`/${file}`))
    agree(t, readFileSync(join(folder, file), 'utf8'), findings)
  }
})

test('accepts every policy that a document shows and check accepts', (t) => {
  const documents = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`)
  const fences = ['README.md', ...documents].flatMap(readFences).filter(({ language }) => language === 'yaml')
  const policies = fences.filter(({ text }) => findFaults({ 'p.yaml': text }).length === 0)
  t.true(policies.length >= 5)
  for (const { text } of policies) t.true(accepts(text), `${text}\n${JSON.stringify(validate.errors, null, 2)}`)
})

test('accepts the example of every block', (t) => {
  for (const { name, example } of [...guards, ...handlers])
    t.true(accepts(`routes:\n  GET /:\n${example.trim().replaceAll(/^/gm, '    ')}\n`), name)
})

test('accepts `off` wherever a block is written, and `inherit` in the lists that inherit', (t) => {
  for (const { name } of guards) {
    t.true(accepts(`routes: { GET /: { ${name}: off } }`), name)
    t.true(accepts(`defaults: { ${name}: off }`), name)
    t.true(accepts(`profiles: { shop: { ${name}: off } }`), name)
  }
  for (const { name } of guards.filter(({ inherits }) => inherits))
    t.true(accepts(`defaults: { ${name}: [inherit] }`), name)
})

test('accepts a route that inherits all it has, and a file that says nothing', (t) => {
  t.true(accepts('routes:\n  GET /:\n'))
  t.true(accepts('# later\n'))
})

test('accepts a reference in place of a text, a number, a switch, a word, a list and a map', (t) => {
  for (const reference of ['${env:X}', '${env:X:-8080}', '${secret:a/b#c}', '${file:./x.pem}', '${value:x}']) {
    t.true(accepts(`settings: { listen: { port: '${reference}' }, limits: { body: '${reference}' } }`))
    t.true(accepts(`settings: { secrets: { provider: '${reference}' }, trustedProxies: '${reference}' }`))
    t.true(accepts(`defaults: { cors: { origins: ['${reference}'], credentials: '${reference}' } }`))
    t.true(accepts(`defaults: { rateLimit: [{ by: ip, limit: '${reference}', per: '${reference}' }] }`))
    t.true(accepts(`defaults: { rateLimit: ['${reference}'], scopes: '${reference}', input: '${reference}' }`))
    t.true(accepts(`defaults: { input: { body: { type: integer, minimum: '${reference}' } } }`))
  }
  t.false(accepts("settings: { listen: { port: '${port}' } }"))
  t.false(accepts("settings: { listen: { port: '8080' } }"))
})

test('judges no key of a prototype', (t) => {
  for (const key of ['__proto__', 'constructor', 'toString']) t.false(accepts(`defaults: { "${key}": {} }`), key)
})

/** Every schema inside, by the path that leads to it. */
function* schemasIn(tree: unknown, path: string): Generator<readonly [string, EditorSchema]> {
  if (typeof tree !== 'object' || tree === null) return
  if (!Array.isArray(tree)) yield [path, tree]
  for (const [key, member] of Object.entries(tree)) yield* schemasIn(member, `${path}/${key}`)
}

test('says of every key what it is for', (t) => {
  const { definitions = {} } = schema
  const silent = [...schemasIn(schema, '')].flatMap(([path, { properties = {} }]) =>
    Object.entries(path.endsWith('/properties') ? {} : properties)
      .filter(([, member]) => !(member.$ref ? definitions[member.$ref.split('/').at(-1) ?? ''] : member)?.description)
      .map(([name]) => `${path}/${name}`),
  )
  t.deepEqual(silent, [])
})

test('leaves no object open that the language closes', (t) => {
  const open = [...schemasIn(schema, '')].filter(
    ([path, each]) => each.properties && !path.endsWith('/properties') && each.additionalProperties !== false,
  )
  t.deepEqual(open, [])
})

test('judges an input schema by its keywords, wherever one stands and however deep', (t) => {
  const places = [
    (inner: string) => `schemas: { Sku: ${inner} }`,
    (inner: string) => `defaults: { input: { body: ${inner} } }`,
    (inner: string) => `profiles: { shop: { input: { query: { a: ${inner} } } } }`,
    (inner: string) => `routes: { GET /:a: { input: { params: { a: ${inner} } } } }`,
    (inner: string) => `defaults: { input: { body: { type: array, items: { anyOf: [${inner}] } } } }`,
  ]
  for (const place of places) {
    t.true(accepts(place('{ type: string, transform: [trim], minLength: 1 }')), place(''))
    t.false(accepts(place('{ type: string, minLenght: 1 }')), place(''))
    t.false(accepts(place('{ type: text }')), place(''))
  }
  t.true(accepts('defaults: { input: { query: { a: { type: string, required: true } }, body: any } }'))
  t.false(accepts('defaults: { input: { body: { type: string, required: true } } }'))
})
