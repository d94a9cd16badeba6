/** The reference: it is whole, its examples are what they say, and its links lead somewhere. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { giversOf } from '../scripts/reference/denials-page.ts'
import { examples } from '../scripts/reference/example.ts'
import { optionNames } from '../scripts/reference/options.ts'
import { pages } from '../scripts/reference/pages.ts'
import { outputOf } from '../scripts/reference/run-example.ts'
import { sectionNotes } from '../scripts/reference/section-notes.ts'
import { sectionSchemas } from '../scripts/reference/section-pages.ts'
import { commands } from '../src/cli/commands.ts'
import { type Code, catalogue } from '../src/core/denial.ts'
import { anchorOf } from '../src/core/diagnostic.ts'
import { guards } from '../src/guards/index.ts'
import { handlers } from '../src/handlers/index.ts'
import { blockPath, kebab, sectionPath } from '../src/policy/reference-page.ts'
import { allRules } from '../src/policy/rules/index.ts'
import { formats } from '../src/schema/formats.ts'
import { keywords } from '../src/schema/keywords.ts'
import { transformNames } from '../src/schema/transforms.ts'
import { AccountTally } from '../src/services/metrics/account-tally.ts'
import { families } from '../src/services/metrics/families.ts'
import { HashTally } from '../src/services/metrics/hash-tally.ts'
import { Metrics } from '../src/services/metrics.ts'
import { deadLinks, documents } from './helpers/links.ts'
import { findFaults, readFences, root } from './helpers/markdown.ts'

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const blocks = [...guards, ...handlers]

test('the reference holds the pages that are made, and no others', (t) => {
  const found = readdirSync(join(root, 'docs/reference'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/reference/${name}`)
  t.deepEqual(found.sort(), [...pages().keys()].sort())
})

/** Large parts have tables of their own, without their name before each option; a second name of an option leads to the first. */
function isShown(option: string, text: string): boolean {
  const [part = '', ...rest] = option.split('.')
  const [head = '', own] = text.split(`### \`${part}\`\n`)
  const [table, name] = own === undefined || rest.length === 0 ? [head, option] : [own, rest.join('.')]
  const twin = new RegExp(`^\\| \`${name.split('.')[0]}\` .*\\| The same as \``, 'm')
  return table.includes(`| \`${name}\` |`) || twin.test(table)
}

test('every block has a page with each of its options, refusals and rules', (t) => {
  for (const { name, schema, refuses, rules = {}, summary } of blocks) {
    const text = read(blockPath(name))
    t.true(text.includes(summary), name)
    for (const option of optionNames(schema.json)) t.true(isShown(option, text), `${name}: ${option}`)
    for (const code of refuses) t.true(text.includes(`(../denials.md#${code})`), `${name}: ${code}`)
    for (const rule of Object.keys(rules)) t.true(text.includes(`[\`${rule}\`]`), rule)
  }
})

test('every section has a page with each of its keys', (t) => {
  for (const [name, schema] of Object.entries(sectionSchemas)) {
    const text = read(sectionPath(name))
    for (const option of optionNames(schema))
      t.true(isShown(option, text) || text.includes(`| [\`${option}\`](`), `${name}: ${option}`)
  }
})

test('every rule is explained with a policy that breaks it, and the report on it', (t) => {
  const [, ...parts] = read('docs/reference/diagnostics.md').split('<a id="')
  const explained = new Map(parts.map((part) => [part.slice(0, part.indexOf('"')), part]))
  t.is(explained.size, Object.keys(allRules).length)
  for (const [id, { severity, cause }] of Object.entries(allRules)) {
    const part = explained.get(anchorOf(id)) ?? ''
    t.true(part.includes(`### \`${id}\`\n\n**${severity}**`), id)
    t.true(part.includes(cause), id)
    t.true(part.includes(`  ${severity}  ${id}  `), id)
  }
})

test('every denial says when it comes and who gives it', (t) => {
  const text = read('docs/reference/denials.md')
  for (const [code, { status, message, when }] of Object.entries(catalogue)) {
    t.true(text.includes(`<a id="${code}"></a>\n\n### ${status} \`${code}\`\n\n“${message}”. ${when}`), code)
    t.true(giversOf(code as Code).length > 0, code)
  }
})

test('every command stands with its options and exit statuses', async (t) => {
  const parts = read('docs/reference/commands.md').split(/^## /m)
  for (const { name, summary, load } of commands) {
    const part = parts.find((each) => each.startsWith(`${name}\n`)) ?? ''
    const { options, exits, example } = await load()
    t.true(part.includes(summary) && part.includes(example), name)
    for (const option of Object.keys(options)) t.regex(part, new RegExp(`\`--${option}[ \`]`), name)
    for (const [status, when] of Object.entries(exits)) t.true(part.includes(`| ${status} | ${when} |`), name)
    t.true(Object.hasOwn(exits, 0) && Object.hasOwn(exits, 2), name)
  }
})

test('every metric stands with its labels', (t) => {
  const parts = read('docs/reference/metrics.md').split(/^## /m)
  for (const { name, help, labels } of Object.values(families)) {
    const part = parts.find((each) => each.startsWith(`\`${name}\``)) ?? ''
    t.true(part.includes(help), name)
    for (const label of labels) t.true(part.includes(`| \`${label}\` |`), `${name}: ${label}`)
  }
})

test('metrics bear the labels that they say', async (t) => {
  const metrics = new Metrics()
  metrics.policy = { digest: 'd', loaded: 0 }
  metrics.store.servers.set('127.0.0.1:6379', true)
  metrics.slotTally('shop/all')
  metrics.limitFallbacks.add({ limit: 'shop/user', mode: 'local' })
  metrics.begin()
  const judge = { guard: 'scopes', source: { file: 'p.yaml', line: 1 } }
  const withheld = { fields: 1, items: 1 }
  const decision = { judges: [judge], passed: 1, reported: [], denial: undefined, judge: undefined, withheld }
  metrics.end({ method: 'GET', decision } as never, { status: 200, milliseconds: 1, aborted: false })
  metrics.auditHeads.add({ publisher: 'webhook', result: 'published' })
  metrics.auditDropped.add({ copy: 'syslog' })
  metrics.certificates = new Map([['shop.example', 0]])
  metrics.accounts = new AccountTally({ waiting: 0, tally: new HashTally() })
  const { text } = await metrics.expose()
  for (const { name, labels } of Object.values(families)) {
    const samples = [...text.matchAll(new RegExp(`^${name}(?:_bucket)?(?:\\{(.*)\\})? `, 'gm'))]
    t.true(samples.length > 0, name)
    for (const [, written = ''] of samples)
      t.deepEqual(
        Array.from(written.matchAll(/(\w+)="/g), ([, label]) => label),
        [...labels],
        name,
      )
  }
})

test('every keyword, format and transform of input schemas is described', (t) => {
  const text = read('docs/reference/input-schemas.md')
  for (const name of [...Object.keys(keywords), ...Object.keys(formats), ...transformNames])
    t.true(text.includes(`| \`${name}\` |`), name)
})

/** A snippet of one block, in a route that has what it needs beside it. */
function routeAround(name: string, example: string): string {
  const own = new Set([name, 'issuers', 'roles'])
  const beside = { authenticate: 'jwt', builtin: 'health' }
  const isDestination = handlers.some((handler) => handler.name === name)
  const lines = Object.entries(beside)
    .filter(([key]) => !own.has(key) && !(key === 'builtin' && isDestination))
    .map(([key, value]) => `    ${key}: ${value}\n`)
  const written = example.replaceAll(/^(?=.)/gm, '    ').trimEnd()
  return `issuers:\n  shop: { builtin: true, audience: orders-api }\nroles:\n  reader: [{ can: read, subject: Order }]\nroutes:\n  PUT /users/:owner/orders/:id:\n${lines.join('')}${written}\n`
}

test('every example of a block is accepted', (t) => {
  const module = 'export const list = () => {}\n'
  for (const { name, example } of blocks) {
    const text = routeAround(name, example)
    const found = findFaults({ 'shop.yaml': text, 'orders.ts': module })
    t.deepEqual(
      found.filter(({ severity }) => severity === 'error'),
      [],
      text,
    )
  }
})

test('every whole policy that the reference shows is accepted', (t) => {
  const wholes = [
    ...Object.keys(sectionNotes).map(sectionPath),
    ...['expressions', 'input-schemas', 'metrics'].map((name) => `docs/reference/${name}.md`),
  ]
  for (const path of wholes) {
    const fences = readFences(path).filter(({ language }) => language === 'yaml')
    t.true(fences.length > 0, path)
    for (const { text } of fences) t.deepEqual(findFaults({ 'shop.yaml': text }), [], path)
  }
})

test.serial('an example of a rule that does not show it, or whose mending is refused, is not taken', async (t) => {
  const missing = examples.get('authenticate/missing')
  const broken = examples.get('cors/null-origin')
  if (missing?.mended === undefined || broken === undefined) return t.fail()
  await t.throwsAsync(outputOf('cors/null-origin', { ...missing, mended: undefined }), { message: /does not show it/ })
  await t.throwsAsync(outputOf('authenticate/missing', { ...missing, mended: broken.wrong }), { message: /is refused/ })
})

test('no example is left of a rule that is gone', (t) => {
  t.deepEqual(
    [...examples.keys()].filter((id) => !Object.hasOwn(allRules, id)),
    [],
  )
})

test('every link inside the documents leads somewhere', (t) => {
  t.true(documents().length > Object.keys(pages()).length)
  t.deepEqual(deadLinks(documents()), [])
})

test('pages of blocks are named as files are', (t) => {
  t.is(kebab('rateLimit'), 'rate-limit')
})
