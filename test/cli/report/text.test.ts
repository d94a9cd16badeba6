/** Code frames: the caret stands under the token, whatever the line holds. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { reportText } from '../../../src/cli/report/text.ts'
import type { Diagnostic } from '../../../src/core/diagnostic.ts'
import { folderOf } from '../../policy/folder.ts'

const plain = (_: string, text: string) => text

/** A finding that marks `token` in the last line of a file. */
function finding(t: ExecutionContext, text: string, token: string): Diagnostic {
  const file = join(folderOf(t, {}), 'shop.yaml')
  writeFileSync(file, text)
  const lines = text.split('\n')
  const column = (lines.at(-1)?.indexOf(token) ?? 0) + 1
  const place = { file, line: lines.length, column, endLine: lines.length, endColumn: column + token.length }
  return { ...place, rule: 'policy/test', severity: 'error', message: 'expected x', hint: 'write x' }
}

/** The last line of the frame and the carets below it. */
function frameOf(t: ExecutionContext, text: string, token: string): readonly string[] {
  const lines = reportText([finding(t, text, token)], plain).split('\n')
  const at = lines.findIndex((line) => line.includes('^'))
  return lines.slice(at - 1, at + 1)
}

test('shows two lines before, the line, and the carets', (t) => {
  const report = reportText([finding(t, 'a: 1\nb: 2\nc: 3\nd: four', 'four')], plain)
  t.deepEqual(report.split('\n').slice(1), [
    '    2 | b: 2',
    '    3 | c: 3',
    ' >  4 | d: four',
    '      |    ^^^^',
    '   hint: write x',
    '',
    '1 error, 0 warnings',
    '',
  ])
})

test('stands right behind tabs, wide and combined characters', (t) => {
  t.deepEqual(frameOf(t, 'a:\tb', 'b'), [' >  1 | a: b', '      |    ^'])
  t.deepEqual(frameOf(t, '漢字: b', 'b'), [' >  1 | 漢字: b', '      |       ^'])
  t.deepEqual(frameOf(t, '👩‍👩‍👧: b', 'b'), [' >  1 | 👩‍👩‍👧: b', '      |     ^'])
  t.deepEqual(frameOf(t, 'cafe\u0301: b', 'b'), [' >  1 | cafe\u0301: b', '      |       ^'])
  t.deepEqual(frameOf(t, 'a: 漢字', '漢字'), [' >  1 | a: 漢字', '      |    ^^^^'])
})

test('a long line is cut around the token', (t) => {
  const [line = '', carets = ''] = frameOf(t, `${'x'.repeat(5_000)}HERE${'y'.repeat(5_000)}`, 'HERE')
  t.true(line.length < 200)
  t.is(carets.indexOf('^'), line.indexOf('HERE'))
})

test('control characters and changes of direction never reach a terminal', (t) => {
  const hostile = {
    ...finding(t, 'a: \u202eb\u001b[31m', 'b'),
    message: 'got `\u001b[2J`',
    file: 'a\u001b]0;x\u0007.yaml',
  }
  const known = finding(t, 'a: \u202eb\u001b[31m', 'b')
  t.notRegex(reportText([hostile, known], plain), /[\u0000-\u0009\u000b-\u001f\u202e]/)
})

test('a file that is gone has no frame', (t) => {
  const gone = { ...finding(t, 'a: 1', '1'), file: '/nowhere/shop.yaml' }
  t.is(
    reportText([gone], plain),
    '/nowhere/shop.yaml:1:4  error  policy/test  expected x\n   hint: write x\n\n1 error, 0 warnings\n',
  )
})
