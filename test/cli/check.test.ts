/** `portcullis check` as people run it: its output and its exit status. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { check } from '../../src/cli/check.ts'
import { readCall, UsageFault } from '../../src/cli/command.ts'
import { formats } from '../../src/cli/report/formats.ts'
import { DirectoryFault } from '../../src/policy/load.ts'
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
    ['.', '--max-warnings', '-1'],
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

test('refuses wrong flags before it reads anything', async (t) => {
  const calls = [
    ['--format', '__proto__'],
    ['--max-warnings=-1'],
    ['--max-warnings', '1e3'],
    ['--max-warnings', ''],
    ['--max-warnings', '0', '--strict'],
  ]
  for (const call of calls)
    await t.throwsAsync(
      async () => check.run(readCall(check, ['nowhere', ...call])),
      { instanceOf: UsageFault },
      call.join(' '),
    )
})

test('more warnings than `--max-warnings` end with 1', async (t) => {
  const folder = folderOf(t, { 'policies/a.yaml': warned, 'policies/b.yaml': warned.replace('/a', '/b') })
  const [within, beyond] = await Promise.all([
    runCommand(['check', '--max-warnings', '2'], { cwd: folder }),
    runCommand(['check', '--max-warnings', '1'], { cwd: folder }),
  ])
  t.deepEqual([within.code, beyond.code], [0, 1])
})

test('errors end with 1, however many warnings are allowed', async (t) => {
  const folder = folderOf(t, { 'policies/shop.yaml': broken })
  t.is((await runCommand(['check', '--max-warnings', '9'], { cwd: folder })).code, 1)
})

test('a directory that cannot be read is one sentence on stderr, and leaves stdout without a broken report', async (t) => {
  const folder = folderOf(t, {})
  const ended = await runCommand(['check', '--format', 'sarif'], { cwd: folder })
  const sentence = 'cannot read the policy directory `policies`: no such file or directory'
  t.deepEqual(ended, { code: 2, stdout: '', stderr: `portcullis: ${sentence}\n` })
  for (const format of Object.keys(formats))
    await t.throwsAsync(async () => check.run(readCall(check, [join(folder, 'gone'), '--format', format])), {
      instanceOf: DirectoryFault,
    })
})

test('formats for a code host name files from the top of the repository, wherever they are written', async (t) => {
  const folder = folderOf(t, { '.git': 'gitdir: elsewhere\n', 'shops/eu/policies/shop.yaml': broken })
  const [github, sarif, junit] = await Promise.all(
    ['github', 'sarif', 'junit'].map((format) =>
      runCommand(['check', '--format', format], { cwd: join(folder, 'shops/eu') }),
    ),
  )
  const file = 'shops/eu/policies/shop.yaml'
  t.true(
    github?.stdout.startsWith(`::error file=${file},line=2,endLine=2,col=49,endColumn=54,title=policy/wrong-type::`),
  )
  const { uri } = JSON.parse(sarif?.stdout ?? '').runs[0].results[0].locations[0].physicalLocation.artifactLocation
  t.is(uri, file)
  t.true(junit?.stdout.includes(`<testsuite name="${file}" file="${file}" tests="1" failures="1" errors="0">`))
  t.deepEqual([github?.code, sarif?.code, junit?.code], [1, 1, 1])
})

test('a JUnit report fails where the exit status does', async (t) => {
  const folder = folderOf(t, { 'policies/shop.yaml': warned, 'policies/sound.yaml': sound })
  const { code, stdout } = await runCommand(['check', '--format', 'junit', '--max-warnings', '0'], { cwd: folder })
  t.regex(stdout, /<testsuites name="portcullis check" tests="2" failures="1" errors="0">/)
  t.is(code, 1)
})

test('columns count UTF-16 units, without the byte order mark', async (t) => {
  const text = '\ufeffroutes: { "GET /😀": { authenticate: public, builtin: helth } }\n'
  const { stdout } = await runCommand(['check', '--format', 'sarif'], {
    cwd: folderOf(t, { 'policies/shop.yaml': text }),
  })
  const column = text.slice(1).indexOf('helth') + 1
  const [run] = JSON.parse(stdout).runs
  const regions = run.results.map(
    (result: { locations: [{ physicalLocation: { region: object } }] }) => result.locations[0].physicalLocation.region,
  )
  t.is(run.columnKind, 'utf16CodeUnits')
  t.deepEqual(
    regions.filter(({ startColumn }: { startColumn: number }) => startColumn === column),
    [{ startLine: 1, startColumn: column, endLine: 1, endColumn: column + 5 }],
  )
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
