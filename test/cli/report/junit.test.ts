/** `--format junit`: valid for the systems that read it, read back by a parser. */

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { reportJunit } from '../../../src/cli/report/junit.ts'
import type { Findings } from '../../../src/cli/report/report.ts'
import { finding, findingsOf, hostile } from './findings.ts'

const schema = fileURLToPath(new URL('../../fixtures/junit.rng', import.meta.url))

/** What an XPath expression selects in a report, which has to be valid. */
function select(t: ExecutionContext, findings: Findings, path: string): string {
  const input = reportJunit(findings)
  const checked = spawnSync('xmllint', ['--noout', '--relaxng', schema, '-'], { input, encoding: 'utf8' })
  t.is(checked.status, 0, checked.stderr)
  const { stdout } = spawnSync('xmllint', ['--xpath', `string(${path})`, '-'], { input, encoding: 'utf8' })
  return stdout.replace(/\n$/, '')
}

const file = 'policies/shop.yaml'

test('a file without findings is one passed case', (t) => {
  const clean = findingsOf([], { files: [file] })
  t.is(select(t, clean, '/testsuites/testsuite[@tests=1 and @failures=0]/testcase/@name'), 'no findings')
  t.is(select(t, clean, 'count(//failure)'), '0')
})

test('an error is a failed case with its place and its hint', (t) => {
  const found = findingsOf([finding()], { files: [file] })
  t.is(select(t, found, '/testsuites[@tests=1 and @failures=1]/testsuite/@name'), file)
  t.is(select(t, found, '//testcase/failure/@type'), 'policy/wrong-type')
  t.is(select(t, found, '//failure'), `${file}:2:7  error  policy/wrong-type  expected a number\nhint: write a number`)
})

test('the other places of a finding are told with it', (t) => {
  const place = { file: 'policies/a.yaml', line: 1, column: 1, endLine: 1, endColumn: 4, message: 'stands here first' }
  t.regex(
    select(t, findingsOf([finding({ related: [place] })]), '//failure'),
    /\npolicies\/a\.yaml:1:1 {2}stands here first\n/,
  )
})

test('a warning is a passed case that says so, and a failed one where warnings fail', (t) => {
  const warned = findingsOf([finding({ severity: 'warning' })])
  t.regex(select(t, warned, '//testcase/system-out'), /^policies\/shop\.yaml:2:7 {2}warning {2}/)
  t.is(select(t, warned, '/testsuites/@failures'), '0')
  t.is(select(t, { ...warned, warningsFail: true }, '/testsuites/@failures'), '1')
})

test('suites come by file, also those of files that could not be read', (t) => {
  const found = findingsOf([finding({ file: 'policies/b.yaml' })], { files: ['policies/c.yaml', 'policies/a.yaml'] })
  const names = [1, 2, 3].map((index) => select(t, found, `//testsuite[${index}]/@name`))
  t.deepEqual(names, ['policies/a.yaml', 'policies/b.yaml', 'policies/c.yaml'])
})

test('cases are told apart by their names, which do not move with the lines', (t) => {
  const twice = findingsOf([finding(), finding({ line: 9, endLine: 9 })])
  t.is(select(t, twice, '//testcase[1]/@name'), 'policy/wrong-type: expected a number')
  t.is(select(t, twice, '//testcase[2]/@name'), 'policy/wrong-type: expected a number (2)')
})

test('the report stays well-formed, and says what was found, whatever names and messages hold', (t) => {
  for (const text of hostile) {
    const found = findingsOf([finding({ file: `p/${text}.yaml`, message: text, hint: text })])
    const said = text.toWellFormed().replace(/[\0\u001b\ufffe]/g, '\ufffd')
    t.is(select(t, found, '//testsuite/@file'), `p/${said}.yaml`)
    t.is(select(t, found, '//failure/@message'), said)
    t.true(select(t, found, '//failure').endsWith(`hint: ${said}`))
  }
})
