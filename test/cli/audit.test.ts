/** `audit` in processes of its own. */

import { spawn } from 'node:child_process'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { AuditMaker } from '../helpers/audit-maker.ts'
import { tempFolder } from '../helpers/audit-verdict.ts'
import { runCommand } from '../helpers/command.ts'

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const run = (...args: readonly string[]) => runCommand(['audit', ...args])

function makeLog(dir: string, id?: string): AuditMaker {
  const log = new AuditMaker(dir, id)
  log.fill(3)
  log.rotate()
  log.add('access.denied', {
    outcome: 'denied',
    principal: { issuer: 'shop', id: 'mallory\u202e' },
    address: '203.0.113.9',
    route: 'GET /orders/:id',
    guard: 'scopes',
    reason: 'scope_missing',
    requestId: 'r-7',
    status: 403,
  })
  log.sign()
  return log
}

test.serial('proves a log with heads and keys in all their forms', async (t) => {
  const dir = tempFolder(t)
  const log = makeLog(join(dir, 'logs'))
  const logs = join(dir, 'logs')
  const pem = createPublicKey(log.key).export({ type: 'spki', format: 'pem' }).toString()
  writeFileSync(join(dir, 'key.pem'), pem)
  const forms = {
    plain: log.heads.join('\n'),
    logged: log.heads.map((head) => JSON.stringify({ level: 30, head, msg: 'audit head' })).join('\n'),
    redis: log.heads.map((head, index) => `17-${index}\norigin\nx\nnote\n${head}\n`).join(''),
    windows: log.heads.join('\n').replaceAll('\n', '\r\n'),
  }
  for (const [name, text] of Object.entries(forms)) {
    writeFileSync(join(dir, name), text)
    for (const key of [log.vkey, pem, join(dir, 'key.pem')]) {
      const { code, stdout, stderr } = await run('verify', logs, '--heads', join(dir, name), `--public-key=${key}`)
      t.deepEqual([code, stderr], [0, ''], name)
      t.regex(
        stdout,
        /^node-0123abcd: whole\n {2}7 records, 1 to 7, from 2026\S+ to 2026\S+\n {2}heads that hold: 2 of its own, 2 from elsewhere\n/,
      )
    }
  }
})

test.serial('takes heads from standard input', async (t) => {
  const log = makeLog(tempFolder(t))
  const child = spawn(process.execPath, [main, 'audit', 'verify', log.folder, '--heads', '-', '--format', 'json'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  child.stdin.end(log.heads.join('\n'))
  const text = await child.stdout.toArray()
  const { logs } = JSON.parse(Buffer.concat(text).toString())
  t.like(logs[0], { log: 'node-0123abcd', verdict: 'whole', records: 7, heads: { own: 2, given: 2 } })
})

test.serial('says by its status what it found, and names the record', async (t) => {
  const dir = tempFolder(t)
  const log = makeLog(dir)
  makeLog(dir, 'node-99999999')
  const unproven = await run('verify', dir)
  t.is(unproven.code, 3)
  t.regex(unproven.stdout, /no head from elsewhere says where it ends/)
  const file = log.path('jsonl', 1)
  writeFileSync(file, readFileSync(file, 'utf8').replace('"id":"u0"', '"id":"u9"'))
  const tampered = await run('verify', dir)
  t.is(tampered.code, 1)
  t.true(
    tampered.stdout.includes(`${file}:4: record 4 was changed: record 5 holds another hash of it\n`),
    tampered.stdout,
  )
  t.true(tampered.stdout.includes('node-99999999: whole as far as can be seen'))
})

test.serial('refuses what it cannot use', async (t) => {
  const dir = tempFolder(t)
  const log = makeLog(join(dir, 'logs'))
  writeFileSync(join(dir, 'none'), 'nothing here')
  const logs = join(dir, 'logs')
  const secret = join(dir, 'private.pem')
  writeFileSync(secret, log.key.export({ type: 'pkcs8', format: 'pem' }))
  const mistakes = [
    [[], 'expected `verify|show|keys [dir]`'],
    [['prove'], 'expected `verify`, `show` or `keys`, got `prove`'],
    [['__proto__'], 'expected `verify`, `show` or `keys`, got `__proto__`'],
    [['verify', '/nowhere'], 'cannot read the directory `/nowhere`'],
    [['verify', dir], 'no audit log is in'],
    [['verify', logs, '--heads', '/nowhere'], 'cannot read the heads in `/nowhere`'],
    [['verify', logs, '--heads', join(dir, 'none')], 'no signed head of an audit log is in'],
    [['verify', logs, '--public-key', join(dir, 'none')], 'no Ed25519 public key is in'],
    [['verify', logs, '--public-key', secret], 'no Ed25519 public key is in'],
    [['verify', logs, '--user', 'x'], '`audit verify` takes no `--user`'],
    [['show', logs, '--heads', 'x'], '`audit show` takes no `--heads`'],
    [['show', logs, '--since', 'yesterday'], 'expected `--since` to be a time'],
    [['show', logs, '--log', 'x'], 'no log is named `x`; known here: `node-0123abcd`'],
    [
      ['show', logs, '--outcome', 'refused'],
      'to be one of `allowed`, `denied`, `failed`, `intended`, `done`, got `refused`',
    ],
    [['show', logs, '--outcome', 'toString'], 'to be one of'],
    [['show', logs, '--format', 'xml'], 'expected `--format text` or `--format json`'],
  ] as const
  for (const [args, message] of mistakes) {
    const { code, stdout, stderr } = await run(...args)
    t.deepEqual([code, stdout], [2, ''], args.join(' '))
    t.true(stderr.includes(message), stderr)
    t.notRegex(stderr, /^ {4}at /m)
  }
})

test.serial('shows the records that are asked for, of all logs by their time', async (t) => {
  const dir = tempFolder(t)
  const log = makeLog(dir)
  makeLog(dir, 'node-99999999')
  log.pack(1)
  const all = (await run('show', dir, '--format', 'json')).stdout.trim().split('\n')
  const times: readonly string[] = all.map((line) => JSON.parse(line).time)
  t.is(all.length, 14)
  t.deepEqual(times, times.toSorted())
  const count = async (...flags: readonly string[]) =>
    (await run('show', dir, '--format', 'json', ...flags)).stdout.split('\n').length - 1
  t.is(await count('--user', 'u0'), 2)
  t.is(await count('--issuer', 'shop', '--event', 'data.*'), 6)
  t.is(await count('--outcome', 'denied'), 2)
  t.is(await count('--event', 'audit.segment', '--log', 'node-0123abcd'), 2)
  t.is(await count('--request-id', 'r-7', '--log', 'node-0123abcd'), 1)
  t.is(await count('--since', times[10] ?? ''), 4)
  t.is(await count('--until', times[10] ?? ''), 10)
  t.is(await count('--since', '2999-01-01'), 0)
  const { stdout } = await run('show', dir, '--outcome', 'denied', '--log', 'node-0123abcd')
  t.regex(
    stdout,
    /^2026-\S+Z {2}denied {4}access\.denied {3}shop\/mallory\ufffd 203\.0\.113\.9 {2,}GET \/orders\/:id → 403 .*guard=scopes reason=scope_missing requestId=r-7\n$/,
  )
})

test.serial('shows what is written from now on, over a new segment and a new log', async (t) => {
  const dir = tempFolder(t)
  const log = makeLog(dir)
  const child = spawn(
    process.execPath,
    [main, 'audit', 'show', dir, '--follow', '--format', 'json', '--event', 'data.*'],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const next = async (): Promise<number> => JSON.parse((await lines.next()).value ?? '').seq
  const first = next()
  let seq = 0
  const trying = setInterval(() => log.fill(1), 50)
  seq = await first
  clearInterval(trying)
  t.true(seq > 7)
  const written = log.size
  while (seq < written) seq = await next()
  log.rotate()
  log.pack(log.segment - 1)
  log.fill(1)
  t.is(await next(), log.size)
  const other = new AuditMaker(dir, 'node-99999999')
  other.fill(1)
  t.is(await next(), other.size)
  child.kill('SIGINT')
  t.deepEqual(await once(child, 'close'), [0, null])
})

test.serial('a reader that goes away ends it quietly', async (t) => {
  const log = makeLog(tempFolder(t))
  log.fill(5000)
  const child = spawn(process.execPath, [main, 'audit', 'show', log.folder], { stdio: ['ignore', 'pipe', 'pipe'] })
  await once(child.stdout, 'data')
  child.stdout.destroy()
  const stderr = child.stderr.toArray()
  t.deepEqual(await once(child, 'close'), [0, null])
  t.is(Buffer.concat(await stderr).toString(), '')
})

test.serial('a line that is no record is counted, and the rest shown', async (t) => {
  const log = makeLog(tempFolder(t))
  truncateSync(log.path(), readFileSync(log.path()).length - 10)
  const { code, stdout, stderr } = await run('show', log.folder)
  t.deepEqual([code, stdout.split('\n').length - 1], [0, 6])
  t.regex(stderr, /a line of `.*00000002.jsonl` is no record: `audit verify` says more/)
})

test.serial('a packed file that is broken is named, and the rest shown', async (t) => {
  const log = makeLog(tempFolder(t))
  log.pack(1)
  const file = log.path('jsonl.gz', 1)
  truncateSync(file, readFileSync(file).length - 3)
  const { code, stdout, stderr } = await run('show', log.folder)
  t.is(code, 0)
  t.regex(stdout, /mallory/)
  t.regex(stderr, /^portcullis: `.*00000001\.jsonl\.gz` cannot be read to its end: the gzip file is broken: .*\n$/)
})

test.serial('a file that the system does not hand over is wrong usage, and no verdict', async (t) => {
  const log = makeLog(tempFolder(t))
  rmSync(join(log.folder, 'key.pub'), { force: true })
  mkdirSync(join(log.folder, 'key.pub'))
  const { code, stdout, stderr } = await run('keys', log.folder)
  t.deepEqual([code, stdout], [2, ''])
  t.regex(stderr, /^portcullis: EISDIR: .*\n$/)
})

test.serial('shows the public keys, and makes a private one', async (t) => {
  const log = makeLog(tempFolder(t))
  const { code, stdout } = await run('keys', log.folder)
  t.is(code, 0)
  t.regex(stdout, /^portcullis\/audit\/node-0123abcd\+[0-9a-f]{8}\+\S{44}\n {2}SHA256:[0-9a-f]{64}\n$/)
  const made = await run('keys', '--new')
  t.is(createPrivateKey(made.stdout).asymmetricKeyType, 'ed25519')
})
