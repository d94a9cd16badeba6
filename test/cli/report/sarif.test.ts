/** `--format sarif`: valid against the schema of SARIF 2.1.0, and within what GitHub takes. */

import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import test from 'ava'
import { reportSarif } from '../../../src/cli/report/sarif.ts'
import type { Diagnostic } from '../../../src/core/diagnostic.ts'
import { allRules } from '../../../src/policy/rules/index.ts'
import { folderOf } from '../../policy/folder.ts'
import { finding, findingsOf, hostile } from './findings.ts'

/** The schema is written in draft 4, of which it uses nothing that has changed since but its own name. */
const {
  $schema: _,
  id: __,
  ...schema
} = JSON.parse(readFileSync(new URL('../../fixtures/sarif/sarif-2.1.0.json', import.meta.url), 'utf8'))
const ajv = new Ajv({ strict: false, allErrors: true, unicodeRegExp: false })
addFormats.default(ajv)
const validate = ajv.compile(schema)

/** The run of a report, which has to be valid. */
function runOf(...diagnostics: readonly Diagnostic[]) {
  const log = JSON.parse(reportSarif(findingsOf(diagnostics)))
  const isValid: boolean = validate(log)
  if (!isValid) throw new Error(ajv.errorsText(validate.errors))
  return log.runs[0]
}

const fingerprintsOf = (...diagnostics: readonly Diagnostic[]): readonly string[] =>
  runOf(...diagnostics).results.map(
    (result: { partialFingerprints: object }) => Object.values(result.partialFingerprints)[0],
  )

test('a finding has its rule, its level, its range and its hint', (t) => {
  const run = runOf(finding(), finding({ severity: 'warning', rule: 'rateLimit/missing' }))
  t.is(run.columnKind, 'utf16CodeUnits')
  t.like(run.results[0], {
    ruleId: 'policy/wrong-type',
    ruleIndex: 0,
    level: 'error',
    message: { text: 'expected a number\nhint: write a number' },
  })
  t.deepEqual(run.results[0].locations, [
    {
      physicalLocation: {
        artifactLocation: { uri: 'policies/shop.yaml', uriBaseId: '%SRCROOT%' },
        region: { startLine: 2, startColumn: 7, endLine: 2, endColumn: 12 },
      },
    },
  ])
  t.like(run.results[1], { ruleId: 'rateLimit/missing', ruleIndex: 1, level: 'warning' })
  t.deepEqual(
    run.tool.driver.rules.map(({ id }: { id: string }) => id),
    ['policy/wrong-type', 'rateLimit/missing'],
  )
})

test('names the tool with the version of its package', (t) => {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
  t.like(runOf().tool.driver, { name: 'Portcullis', version, rules: [] })
  t.deepEqual(runOf().results, [])
})

test('the other places of a finding are related locations', (t) => {
  const place = { file: 'policies/a.yaml', line: 1, column: 1, endLine: 1, endColumn: 4, message: 'stands here first' }
  const [related] = runOf(finding({ related: [place] })).results[0].relatedLocations
  t.is(related.message.text, 'stands here first')
  t.is(related.physicalLocation.artifactLocation.uri, 'policies/a.yaml')
})

test('every rule can be told, in as many words as GitHub takes', (t) => {
  const run = runOf(...Object.keys(allRules).map((rule) => finding({ rule })))
  t.is(run.tool.driver.rules.length, Object.keys(allRules).length)
  for (const [index, { ruleId, ruleIndex }] of run.results.entries())
    t.is(run.tool.driver.rules[ruleIndex].id, ruleId, `${index}`)
  for (const { id, shortDescription, fullDescription, help } of run.tool.driver.rules) {
    t.true(id.length <= 255)
    for (const { text } of [shortDescription, fullDescription, help]) t.true(text.length > 0 && text.length <= 1024, id)
  }
})

test('file names are percent-encoded, and lead back to the file', (t) => {
  for (const text of [...hostile.filter((name) => name.isWellFormed()), 'a:b', '#?', ' ']) {
    const file = `policies/${text}.yaml`
    const { uri } = runOf(finding({ file, message: text })).results[0].locations[0].physicalLocation.artifactLocation
    t.is(uri.split('/').map(decodeURIComponent).join('/'), file)
    t.regex(uri, /^policies\/[\w!'()*.~%-]+$/)
  }
})

test('text that is no Unicode does not stop the report', (t) => {
  t.is(runOf(finding({ file: 'policies/\ud800.yaml', message: '\ud800' })).results.length, 1)
})

test('a file outside of the repository is named as a whole', (t) => {
  const { artifactLocation } = runOf(finding({ file: '/srv/a b.yaml' })).results[0].locations[0].physicalLocation
  t.deepEqual(artifactLocation, { uri: 'file:///srv/a%20b.yaml' })
})

test('fingerprints stay when lines move, and tell apart what is alike', (t) => {
  const file = `${folderOf(t, { 'shop.yaml': 'a: 1\nb: x\n\n\n  b: x\n' })}/shop.yaml`
  const [first, moved, twice] = [2, 5, 1].map((line) => finding({ file, line }))
  if (!first || !moved || !twice) throw new Error('three findings')
  t.deepEqual(fingerprintsOf(first), fingerprintsOf(moved))
  t.is(new Set(fingerprintsOf(first, moved, twice, finding({ file, line: 2, message: 'other' }))).size, 4)
})

test('of more findings than GitHub takes the errors come first, and the rest is told of', (t) => {
  const many = Array.from({ length: 25_001 }, (_, line) =>
    finding({ line: line + 1, endLine: line + 1, severity: line === 25_000 ? 'error' : 'warning' }),
  )
  const { results, invocations } = runOf(...many)
  t.is(results.length, 25_000)
  t.like(results[0], { level: 'error', locations: [{ physicalLocation: { region: { startLine: 25_001 } } }] })
  t.regex(invocations[0].toolExecutionNotifications[0].message.text, /^1 further findings are left out/)
  t.is(runOf(...many.slice(1)).invocations[0].toolExecutionNotifications, undefined)
})

/** A message as a viewer shows it: placeholders filled in, links by their text (§3.11.5, §3.11.6). */
const shown = (text: string): string =>
  text
    .replace(/(?<!\\)\[((?:[^\\[\]]|\\.)*)\]\([^)]*\)/g, '<link>')
    .replace(/\\([\\[\]])/g, '$1')
    .replace(/\{\{|\}\}|\{\d+\}/g, (part) => (part === '{{' ? '{' : part === '}}' ? '}' : '<argument>'))

test('a text is no placeholder and no link', (t) => {
  for (const text of [
    '${env:X} {0}',
    '[a](1) (b) [c]',
    'expected `^[A-Z](x)`',
    '[x\\](1)',
    '{{0}}',
    '[[a](2)](3)',
    '\\d[0-9](\\w)',
  ]) {
    const place = { file: 'policies/a.yaml', line: 1, column: 1, endLine: 1, endColumn: 4, message: text }
    const [result] = runOf(finding({ message: text, hint: text, related: [place] })).results
    t.is(shown(result.message.text), `${text}\nhint: ${text}`)
    t.is(shown(result.relatedLocations[0].message.text), text)
  }
  t.is(
    runOf(finding({ message: 'one of [a, b]\\d' })).results[0].message.text,
    'one of [a, b]\\d\nhint: write a number',
  )
})

test('a rule is told as the reference tells it', (t) => {
  for (const { id, help } of runOf(...Object.keys(allRules).map((rule) => finding({ rule }))).tool.driver.rules)
    t.is(shown(help.text), allRules[id]?.hint ?? id)
})
