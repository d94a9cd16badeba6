/** `portcullis check` as people run it: its output and its exit status. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { runCommand } from '../helpers/command.ts'
import { folderOf } from '../policy/folder.ts'

const sound = 'routes:\n  GET /health: { authenticate: public, builtin: health }\n'
const warned = 'routes:\n  POST /a: { authenticate: public, reply: { status: 202 } }\n'
const broken = 'routes:\n  GET /health: { authenticate: public, builtin: helth }\n'

test('ends with 0 where nothing is wrong', async (t) => {
  const ended = await runCommand(['check'], { cwd: folderOf(t, { 'policies/shop.yaml': sound }) })
  t.deepEqual(ended, { code: 0, stdout: 'no findings\n', stderr: '' })
})

test('ends with 1 where there are errors, and with `--strict` for warnings', async (t) => {
  const folder = folderOf(t, { 'broken/shop.yaml': broken, 'warned/shop.yaml': warned })
  const [errors, warnings, strict] = await Promise.all([
    runCommand(['check', 'broken'], { cwd: folder }),
    runCommand(['check', 'warned'], { cwd: folder }),
    runCommand(['check', 'warned', '--strict'], { cwd: folder }),
  ])
  t.deepEqual([errors.code, warnings.code, strict.code], [1, 0, 1])
  t.regex(errors.stdout, /^broken\/shop\.yaml:2:49 {2}error {2}policy\/wrong-type {2}expected one of/)
  t.regex(warnings.stdout, /0 errors, 1 warning\n$/)
})

test('ends with 2 and one sentence for a call that cannot be understood', async (t) => {
  const folder = folderOf(t, { 'shop.yaml': sound, 'values.yaml': Buffer.from([0xff]) })
  const calls = [
    ['nowhere'],
    ['shop.yaml'],
    ['.', '--format', 'xml'],
    ['.', '--values', 'gone.yaml'],
    ['.', '--values', 'values.yaml'],
    ['a', 'b'],
    ['.', '--nope'],
  ]
  for (const call of calls) {
    const { code, stdout, stderr } = await runCommand(['check', ...call], { cwd: folder })
    t.is(code, 2, call.join(' '))
    t.is(stdout, '')
    t.regex(stderr, /^portcullis: [^\n]+\n$/)
  }
})

test('writes JSON for programs', async (t) => {
  const { code, stdout } = await runCommand(['check', '--format', 'json'], {
    cwd: folderOf(t, { 'policies/shop.yaml': broken }),
  })
  t.is(code, 1)
  t.like(JSON.parse(stdout)[0], {
    file: 'policies/shop.yaml',
    line: 2,
    column: 49,
    endLine: 2,
    endColumn: 54,
    severity: 'error',
    rule: 'policy/wrong-type',
    hint: 'did you mean `health`?',
  })
})

test('a hostile directory ends with a list, not with a stack', async (t) => {
  const folder = folderOf(t, {
    'deep.yaml': '['.repeat(100_000),
    'bomb.yaml':
      'a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n',
    'binary.yaml': Buffer.from([0, 1, 2, 0xff]),
    'large.yaml': Buffer.alloc(10 * 1024 ** 2, 0x20),
    'duplicate.yaml': 'a: 1\na: 2\n',
  })
  const { code, stdout, stderr } = await runCommand(['check', '.'], { cwd: folder })
  t.is(code, 1)
  t.is(stderr, '')
  t.notRegex(stdout, /^\s+at /m)
  for (const rule of [
    'yaml/too-deep',
    'yaml/too-many-aliases',
    'policy/not-text',
    'policy/too-large',
    'yaml/duplicate-key',
  ])
    t.regex(stdout, new RegExp(`error {2}${rule} `))
})

test('a reader that goes away early gets no stack', async (t) => {
  const routes = Array.from({ length: 5_000 }, (_, index) => `  GTE /r${index}: {}\n`).join('')
  const folder = folderOf(t, { 'shop.yaml': `routes:\n${routes}` })
  const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
  const child = spawn(process.execPath, [main, 'check', folder], { stdio: ['ignore', 'pipe', 'pipe'] })
  let stderr = ''
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  child.stdout.once('data', () => child.stdout.destroy())
  await once(child, 'close')
  t.is(stderr, '')
})
