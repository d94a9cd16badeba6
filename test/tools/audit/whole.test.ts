/** Whole logs, of whatever history, are never called tampered. */

import { execFileSync } from 'node:child_process'
import { createHash, createPublicKey } from 'node:crypto'
import { appendFileSync, existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { watch } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import { openAuditLog } from '../../../src/services/audit/log/open.ts'
import { readHead, type SignedHead } from '../../../src/services/audit/note.ts'
import { systemClock } from '../../../src/services/clock.ts'
import { createLog } from '../../../src/services/log.ts'
import { Metrics } from '../../../src/services/metrics.ts'
import { Status } from '../../../src/services/status.ts'
import { verifyLogs } from '../../../src/tools/audit/verify.ts'
import { AuditMaker, newKey } from '../../helpers/audit-maker.ts'
import { tempFolder, verdictOf } from '../../helpers/audit-verdict.ts'

const steps = fc.array(
  fc.constantFrom(
    'fill',
    'fill',
    'head',
    'rotate',
    'pack',
    'twin',
    'remove',
    'drop',
    'restart',
  ) as fc.Arbitrary<string>,
  { maxLength: 14 },
)

/** Lives one life of a log; how many segments were removed. */
function live(log: AuditMaker, history: readonly string[]): void {
  let removed = 0
  let recorded = 0
  const packed = new Set<number>()
  const take: Readonly<Record<string, () => void>> = {
    fill: () => log.fill(2),
    head: () => log.sign(),
    rotate: () => log.rotate(),
    restart: () => log.add('audit.started'),
    pack: () => pack(false),
    twin: () => pack(true),
    remove: () => {
      if (log.segment - 1 <= recorded) return
      recorded = log.segment - 1
      log.recordRemoval(recorded)
    },
    drop: () => {
      if (removed < recorded) log.drop(++removed)
    },
  }
  const pack = (leavePlain: boolean): void => {
    const number = log.segment - 1
    if (number <= removed || packed.has(number)) return
    packed.add(number)
    log.pack(number, { leavePlain })
  }
  for (const step of history) take[step]?.()
}

test('a log that lived through rotations, restarts and removals is whole, and unproven without heads', async (t) => {
  t.timeout(600_000)
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(400), async (history, torn) => {
      const dir = tempFolder(t)
      const log = new AuditMaker(dir)
      live(log, history)
      log.sign()
      t.is((await verdictOf(dir)).status, 3)
      const proven = await verdictOf(dir, { heads: log.heads, vkeys: [log.vkey] })
      t.is(proven.status, 0, proven.said)
      const next = `${log.line('data.read', { outcome: 'allowed', long: 'x'.repeat(200) })}\n`
      appendFileSync(log.path(), next.slice(0, Math.min(torn, next.length - 1)))
      const after = await verdictOf(dir, { heads: log.heads })
      t.is(after.status, torn === 0 ? 0 : 3, after.said)
    }),
    { numRuns: 60 },
  )
})

test('a log whose segments are packed while it is read is whole, however fast they are', async (t) => {
  const dir = tempFolder(t)
  const log = new AuditMaker(dir)
  for (let n = 0; n < 80; n++) {
    log.fill(1)
    log.rotate()
  }
  log.head()
  const heads = log.heads.map((text) => ({ head: readHead(text) as SignedHead, from: 'published' }))
  let next = 2
  const progress = (): void => {
    if (next < log.segment) log.pack(next++)
  }
  const { logs } = await verifyLogs(dir, { heads, keys: [], progress })
  t.deepEqual([logs[0]?.verdict, logs[0]?.reason], ['whole', undefined])
  t.is(next, log.segment, 'packed meanwhile')
})

test('a log that a kill ended at any byte after its last head is whole as far as can be seen', async (t) => {
  t.timeout(600_000)
  const log = new AuditMaker(tempFolder(t))
  log.fill(1)
  log.sign()
  const signed = readFileSync(log.path()).length
  log.fill(2)
  const bytes = readFileSync(log.path())
  for (let length = bytes.length; length > signed; length--) {
    truncateSync(log.path(), length)
    const { status, said } = await verdictOf(dirname(log.folder), length % 2 === 0 ? {} : { heads: log.heads })
    if (status !== 3) t.fail(`cut at ${length}: ${status} ${said}`)
  }
  t.pass()
})

test('a head that a kill cut at any byte is a torn end', async (t) => {
  t.timeout(600_000)
  const log = new AuditMaker(tempFolder(t))
  log.sign()
  const published = [...log.heads]
  const kept = readFileSync(log.path('heads')).length
  log.fill(1)
  log.sign()
  const bytes = readFileSync(log.path('heads'))
  for (let length = kept + 1; length < bytes.length; length++) {
    writeFileSync(log.path('heads'), bytes.subarray(0, length))
    const { status, said } = await verdictOf(dirname(log.folder), length % 2 === 0 ? {} : { heads: published })
    if (status !== 3) t.fail(`cut at ${length}: ${status} ${said}`)
  }
  t.pass()
})

test('what the writer writes is whole, over restarts, a rotation and a crash', async (t) => {
  const dir = tempFolder(t)
  const key = newKey()
  const heads: string[] = []
  const open = (retain?: number) =>
    openAuditLog({
      retain,
      dir,
      host: 'node',
      fsync: 'os',
      rotate: { bytes: 2 ** 30, milliseconds: 86_400_000 },
      headEvery: 60_000,
      key,
      clock: systemClock,
      log: createLog({ pretty: false, level: 'error' }),
      status: new Status(),
      metrics: new Metrics(),
      publish: (head) => heads.push(head),
    })
  const entry = {
    event: 'data.read',
    outcome: 'allowed',
    principal: { issuer: 'shop', id: 'ünï' },
    odd: '\u0000\u2028🙂',
  } as const
  const first = await open()
  for (let index = 0; index < 20; index++) t.true(await first.commit(entry))
  await first.rotate()
  t.true(await first.commit(entry))
  const vkeys = [first.vkey]
  await first.close()
  const whole = await verdictOf(dir, { heads, vkeys })
  t.is(whole.status, 0, whole.said)
  const folder = join(dir, first.id)
  const last =
    readdirSync(folder)
      .filter((name) => name.endsWith('.jsonl'))
      .sort()
      .at(-1) ?? ''
  appendFileSync(join(folder, last), '{"v":1,"log":"no')
  t.is((await verdictOf(dir, { heads, vkeys })).status, 3)
  const second = await open()
  t.is(second.id, first.id)
  t.true(await second.commit(entry))
  await second.close()
  const mended = await verdictOf(dir, { heads, vkeys })
  t.is(mended.status, 0, mended.said)
  const third = await open(1)
  await isGone(join(folder, '00000001.heads'))
  t.true(await third.commit(entry))
  await third.close()
  const shortened = await verdictOf(dir, { heads, vkeys })
  t.is(shortened.status, 0, shortened.said)
  t.true((shortened.logs[0]?.first ?? 0) > 20)
})

/** Settles when the file is there no longer. */
async function isGone(file: string): Promise<void> {
  const events = watch(dirname(file))[Symbol.asyncIterator]()
  while (existsSync(file)) await events.next()
  await events.return?.()
}

/** RFC 9162 §2.1.1, as it is written there. */
function treeHash(leaves: readonly Buffer[]): Buffer {
  const sha256 = (...parts: readonly Buffer[]) => createHash('sha256').update(Buffer.concat(parts)).digest()
  if (leaves.length === 0) return sha256()
  if (leaves.length === 1) return sha256(Buffer.of(0), leaves[0] ?? Buffer.of())
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  return sha256(Buffer.of(1), treeHash(leaves.slice(0, split)), treeHash(leaves.slice(split)))
}

test('OpenSSL and the words of RFC 9162 agree with every head', (t) => {
  const dir = tempFolder(t)
  const log = new AuditMaker(dir)
  for (let count = 0; count < 9; count++) {
    log.fill(count)
    log.sign()
  }
  log.rotate()
  log.sign()
  writeFileSync(join(dir, 'key.pem'), createPublicKey(log.key).export({ type: 'spki', format: 'pem' }))
  const lines = [1, 2].flatMap((number) => readFileSync(log.path('jsonl', number), 'utf8').split('\n').slice(0, -1))
  for (const note of log.heads) {
    const { size, root } = readHead(note) ?? { size: 0, root: '' }
    t.is(treeHash(lines.slice(0, size).map((line) => Buffer.from(line))).toString('base64'), root)
    const [body = '', signature = ''] = note.split('\n— ')
    writeFileSync(join(dir, 'body'), body)
    writeFileSync(join(dir, 'signature'), Buffer.from(signature.trim().split(' ')[1] ?? '', 'base64').subarray(4))
    const said = execFileSync(
      'openssl',
      ['pkeyutl', '-verify', '-pubin', '-inkey', 'key.pem', '-rawin', '-in', 'body', '-sigfile', 'signature'],
      { cwd: dir, encoding: 'utf8' },
    )
    t.is(said.trim(), 'Signature Verified Successfully')
  }
})
