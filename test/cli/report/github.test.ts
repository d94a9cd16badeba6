/** `--format github`: workflow commands, read back as the runner reads them. */

import test from 'ava'
import { reportGithub } from '../../../src/cli/report/github.ts'
import { finding, findingsOf, hostile } from './findings.ts'

/** As the runner undoes the escapes: `%25` last. */
const undo = (text: string, escapes: Readonly<Record<string, string>>): string =>
  Object.entries({ ...escapes, '%25': '%' }).reduce((read, [code, plain]) => read.replaceAll(code, plain), text)
const breaks = { '%0D': '\r', '%0A': '\n' }

/** The command of a line: everything up to the next `::` is properties. */
function read(line: string) {
  const [, name = '', properties = '', data = ''] = /^::(\w+) (.*?)::(.*)$/.exec(line) ?? []
  const pairs = properties.split(',').map((pair) => /^(.*?)=(.*)$/.exec(pair)?.slice(1) ?? [])
  return {
    name,
    ...Object.fromEntries(
      pairs.map(([key = '', value = '']) => [key, undo(value, { ...breaks, '%3A': ':', '%2C': ',' })]),
    ),
    message: undo(data, breaks),
  }
}

test('a finding is one command with its range, its rule and its hint', (t) => {
  t.is(
    reportGithub(findingsOf([finding(), finding({ severity: 'warning' })])),
    ['error', 'warning']
      .map(
        (name) =>
          `::${name} file=policies/shop.yaml,line=2,endLine=2,col=7,endColumn=12,title=policy/wrong-type::expected a number%0Ahint: write a number\n`,
      )
      .join(''),
  )
})

test('nothing is written where nothing was found', (t) => {
  t.is(reportGithub(findingsOf([])), '')
})

test('a range over several lines has no columns, which the runner would refuse', (t) => {
  const text = reportGithub(findingsOf([finding({ endLine: 4 })]))
  t.true(text.startsWith('::error file=policies/shop.yaml,line=2,endLine=4,title='))
})

test('names and messages arrive as they are, one line a finding, whatever they hold', (t) => {
  for (const text of hostile) {
    const [line = '', ...rest] = reportGithub(findingsOf([finding({ file: `p/${text}.yaml`, message: text })])).split(
      '\n',
    )
    t.deepEqual(rest, [''])
    const told = read(line)
    t.like(told, { name: 'error', file: `p/${text}.yaml`, title: 'policy/wrong-type', line: '2' })
    t.regex(told.message, /^[^\n\r]+\nhint: write a number$/)
    t.notRegex(told.message, /[\u0000-\u0009\u000b-\u001f\u202e]/)
  }
})
