/** How a password gets in: typed into a real terminal, which shows nothing of it, or on standard input; never as an argument. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { runCommand } from '../helpers/command.ts'
import { writePolicies } from '../helpers/gate.ts'
import { until } from '../helpers/until.ts'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const password = 'seven sober otters sing'

const folder = () =>
  writePolicies({
    'policies/shop.yaml': `
settings: { database: { url: 'sqlite:own.db', deadline: 20s } }
issuers:
  shop: { builtin: true, audience: shop-api, refreshTtl: 30d }
defaults: { rateLimit: [{ by: ip, limit: 100, per: 1m }] }
routes:
  POST /login: { authenticate: public, builtin: login }
`,
  })

/** A command in a terminal of its own, which shows what a person would see. */
function openTerminal(t: ExecutionContext, cwd: string, args: readonly string[]) {
  const command = [process.execPath, main, ...args].map((word) => `'${word}'`).join(' ')
  // The shell tells whether the terminal shows again what is typed.
  const script = `${command}; echo "status $?"; stty -a | grep -o -- '[ -]echo '`
  const child = spawn('script', ['-qfc', script, '/dev/null'], { cwd, env: { ...process.env, SHELL: '/bin/sh' } })
  t.teardown(() => void child.kill('SIGKILL'))
  let shown = ''
  child.stdout.on('data', (chunk) => {
    shown += chunk
  })
  return {
    shown: () => shown,
    async type(prompt: string, keys: string): Promise<void> {
      await until(() => shown.includes(prompt))
      child.stdin.write(keys)
    },
    async end(): Promise<string> {
      await once(child, 'close')
      return shown
    },
  }
}

const list = (cwd: string) => runCommand(['users', 'list'], { cwd })

test('a terminal asks twice, and shows nothing of what is typed', async (t) => {
  t.timeout(180_000)
  const cwd = folder()
  const terminal = openTerminal(t, cwd, ['users', 'add', 'alice'])
  await terminal.type('Password of alice: ', `X\u007f${password}\r`)
  await terminal.type('The same again: ', `${password}\r`)
  const shown = await terminal.end()
  t.regex(shown, /The same again: \r\n[0-9a-f]{32}\r\nstatus 0\r\n echo/)
  for (const part of [password, 'seven', 'X', '*']) t.false(shown.includes(part), part)
  t.regex((await list(cwd)).stdout, /^alice\t/)
})

test('who mistypes it, or gives up, makes no account, and the terminal is as it was', async (t) => {
  t.timeout(180_000)
  const cwd = folder()
  const typings: readonly (readonly string[])[] = [
    [`${password}\r`, 'another sober otter sings\r'],
    ['seven\u0003'],
    ['\u0004'],
    [`${password}\r`, '\u0003'],
  ]
  for (const [first = '', second] of typings) {
    const terminal = openTerminal(t, cwd, ['users', 'add', 'alice'])
    await terminal.type('Password of alice: ', first)
    if (second !== undefined) await terminal.type('The same again: ', second)
    const shown = await terminal.end()
    t.regex(
      shown,
      /portcullis: no password was typed, or not the same one twice: nothing was done\r\nstatus 1\r\n echo/,
    )
    t.false(shown.includes('otter') || shown.includes('seven'), shown)
  }
  t.is((await list(cwd)).stdout, '')
})

test('standard input is the password up to the end of its line, and nothing of it is said again', async (t) => {
  t.timeout(180_000)
  const cwd = folder()
  t.is((await runCommand(['users', 'add', 'alice'], { cwd, input: `${password}\r\nmore` })).code, 0)
  t.is((await runCommand(['users', 'add', 'bob'], { cwd, input: password })).code, 0)
  for (const [input, why] of [
    ['', /portcullis: the password is empty/],
    ['\n', /portcullis: the password is empty/],
    ['five swans\n', /portcullis: the password has fewer than 15 characters/],
    [`${'long secret '.repeat(1_000)}\n`, /portcullis: the password /],
  ] as const) {
    const { code, stdout, stderr } = await runCommand(['users', 'add', 'carol'], { cwd, input })
    t.is(code, 1)
    t.regex(stderr, why)
    t.false((stdout + stderr).includes('secret'))
  }
})

test('an argument is no place for a password', async (t) => {
  t.timeout(180_000)
  const cwd = folder()
  for (const args of [
    ['alice', password],
    ['alice', '--password', password],
    [`--password=${password}`, 'alice'],
  ]) {
    const { code, stdout, stderr } = await runCommand(['users', 'add', ...args], { cwd })
    t.is(code, 2)
    t.regex(
      stderr,
      /a password is asked for, or read from standard input; in an argument every user of the machine could read it/,
    )
    t.false((stdout + stderr).includes(password))
  }
})
