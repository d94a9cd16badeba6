/** What the verifier says of whole logs, and which record it names of those that are not. */

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import test from 'ava'
import { AuditMaker } from '../../helpers/audit-maker.ts'
import { tempFolder, verdictOf } from '../../helpers/audit-verdict.ts'

/** Three segments; heads at 4, 6, 9 and 13. */
function makeLog(dir: string): AuditMaker {
  const log = new AuditMaker(dir)
  log.fill(2)
  log.head()
  log.fill(2)
  log.rotate()
  log.fill(2)
  log.rotate()
  log.fill(3)
  log.head()
  return log
}

test('a log whose end is in a head from elsewhere is whole', async (t) => {
  const dir = tempFolder(t)
  const { heads, vkey } = makeLog(dir)
  const { status, logs } = await verdictOf(dir, { heads, vkeys: [vkey] })
  t.is(status, 0)
  t.like(logs[0], {
    verdict: 'whole',
    records: 13,
    first: 1,
    last: 13,
    heads: { own: 4, given: 4, beforeStart: 0 },
    keys: [vkey],
  })
  t.is((await verdictOf(dir, { heads: heads.slice(-1) })).status, 0)
})

test('without heads from elsewhere the end is unproven', async (t) => {
  const dir = tempFolder(t)
  const { heads, vkey } = makeLog(dir)
  t.deepEqual((await verdictOf(dir)).said, ': no head from elsewhere says where it ends')
  t.is((await verdictOf(dir, { vkeys: [vkey] })).status, 3)
  const { status, said } = await verdictOf(dir, { heads: heads.slice(0, 2) })
  t.deepEqual([status, said], [3, ': no head from elsewhere covers 7–13, the last that does is at 6'])
})

test('a log without its key file is as good: its records name the keys', async (t) => {
  const dir = tempFolder(t)
  const log = makeLog(dir)
  log.pack(1)
  rmSync(join(log.folder, 'key.pub'))
  t.is((await verdictOf(dir, { heads: log.heads })).status, 0)
})

test('packed segments are as good, also beside the same unpacked', async (t) => {
  const dir = tempFolder(t)
  const log = makeLog(dir)
  log.pack(1)
  log.pack(2, { leavePlain: true })
  t.is((await verdictOf(dir, log)).status, 0)
  t.is((await verdictOf(log.folder, log)).status, 0)
})

test('removed segments are fine where a signed record says so', async (t) => {
  const dir = tempFolder(t)
  const log = makeLog(dir)
  log.recordRemoval(2)
  t.is((await verdictOf(dir, log)).status, 0)
  log.drop(1)
  t.is((await verdictOf(dir, log)).status, 0)
  log.drop(2)
  const { status, logs } = await verdictOf(dir, log)
  t.is(status, 0)
  t.like(logs[0], { records: 5, first: 10, last: 14, heads: { own: 2, given: 3, beforeStart: 2 } })
  const old = await verdictOf(dir, { heads: log.heads.slice(0, 1) })
  t.deepEqual([old.status, old.said], [3, ': no head from elsewhere covers 10–14'])
})

test('a torn end is a crash where no head covers it', async (t) => {
  const dir = tempFolder(t)
  const log = makeLog(dir)
  const whole = readFileSync(log.path())
  writeFileSync(log.path(), Buffer.concat([whole, Buffer.from('{"v":1,"lo')]))
  const { status, said } = await verdictOf(dir, log)
  t.is(status, 3)
  t.regex(said, /has a torn end, as a crash leaves it$/)
  writeFileSync(log.path(), Buffer.concat([whole, Buffer.alloc(4096), Buffer.from('more"}\n')]))
  t.is((await verdictOf(dir, log)).status, 3)
})

test('a tail that no crash of ours could leave is not taken for one', async (t) => {
  const dir = tempFolder(t)
  const log = makeLog(dir)
  writeFileSync(log.path(), 'x'.repeat(3_000_000), { flag: 'a' })
  const { status, said } = await verdictOf(dir, log)
  t.deepEqual([status, said], [1, '00000003.jsonl:5: record 14 does not begin as a record does'])
})

test('a packed file that swells is left at its first wrong line', async (t) => {
  const dir = tempFolder(t)
  const log = makeLog(dir)
  log.pack(1)
  writeFileSync(log.path('jsonl.gz', 1), gzipSync(Buffer.alloc(100_000_000, '\n')))
  const started = performance.now()
  t.is(
    (await verdictOf(dir)).said,
    '00000001.jsonl:1: record 1 does not begin as a record does'.replace('jsonl', 'jsonl.gz'),
  )
  t.true(performance.now() - started < 20_000)
})

type Change = (
  log: AuditMaker,
  change: (kind: string, number: number, edit: (lines: string[]) => string[]) => void,
) => void

const faults: readonly (readonly [string, Change, string | RegExp])[] = [
  [
    'an edited record',
    (_, edit) => edit('jsonl', 1, (l) => l.with(3, l[3]?.replace('200', '204') ?? '')),
    '00000001.jsonl:4: record 4 was changed: record 5 holds another hash of it',
  ],
  [
    'an edited last record',
    (_, edit) => edit('jsonl', 3, (l) => l.with(3, l[3]?.replace('200', '204') ?? '')),
    /^00000003.jsonl:4: record 13 was changed, or one since record 10: the head at 13 in .* was signed over other records$/,
  ],
  [
    'an edited last record of a segment',
    (_, edit) => edit('jsonl', 1, (l) => l.with(5, l[5]?.replace('200', '204') ?? '')),
    /^00000001.jsonl:6: record 6 was changed, or one since record 5: the head/,
  ],
  [
    'another number',
    (_, edit) => edit('jsonl', 1, (l) => l.with(3, l[3]?.replace('"seq":4', '"seq":5') ?? '')),
    '00000001.jsonl:4: record 4 was changed: its `seq` is 5',
  ],
  [
    'a removed record',
    (_, edit) => edit('jsonl', 1, (l) => l.toSpliced(3, 1)),
    '00000001.jsonl:4: record 4 is missing',
  ],
  [
    'removed records',
    (_, edit) => edit('jsonl', 1, (l) => l.toSpliced(2, 2)),
    '00000001.jsonl:3: records 3–4 are missing',
  ],
  [
    'a repeated record',
    (_, edit) => edit('jsonl', 1, (l) => l.toSpliced(3, 0, l[2] ?? '')),
    '00000001.jsonl:4: record 4 is not here: record 3 stands here again',
  ],
  [
    'swapped records',
    (_, edit) => edit('jsonl', 1, (l) => l.with(2, l[3] ?? '').with(3, l[2] ?? '')),
    '00000001.jsonl:3: record 3 is out of order: it stands in line 4, after record 4',
  ],
  [
    'an empty line',
    (_, edit) => edit('jsonl', 1, (l) => l.toSpliced(3, 0, '')),
    '00000001.jsonl:4: record 4 does not begin as a record does',
  ],
  [
    'a line of Windows',
    (_, edit) => edit('jsonl', 3, (l) => l.with(3, `${l[3]}\r`)),
    '00000003.jsonl:4: record 13 was changed: it is no JSON object on one line',
  ],
  [
    'a cut end',
    (_, edit) => edit('jsonl', 3, (l) => l.toSpliced(2, 2)),
    /^00000003.jsonl: records 12–13 are missing: the head at 13/,
  ],
  [
    'a cut end of a closed segment',
    (_, edit) => edit('jsonl', 1, (l) => l.toSpliced(5, 1)),
    /^00000001.jsonl: record 6 is missing: the head at 6/,
  ],
  [
    'a cut last record',
    (log) => writeFileSync(log.path(), readFileSync(log.path()).subarray(0, -1)),
    '00000003.jsonl:4: record 13 is cut',
  ],
  ['a missing segment', (log) => log.drop(2), '00000002.jsonl: segment 2 is missing: 1 and 3 are there'],
  [
    'a missing first segment',
    (log) => log.drop(1),
    '00000002.jsonl: segment 1 is missing, and no record of a removal says why',
  ],
  [
    'records without the last segment',
    (log) => rmSync(log.path()),
    '00000003.jsonl: segment 3 is missing: its signed heads are there',
  ],
  [
    'a missing head of a closed segment',
    (_, edit) => edit('heads', 1, (l) => l.slice(0, 6)),
    /00000001.heads: the last head is missing/,
  ],
  [
    'missing heads of a closed segment',
    (log) => rmSync(log.path('heads', 1)),
    /00000001.heads: the last head is missing/,
  ],
  [
    'heads in another order',
    (_, edit) => edit('heads', 1, (l) => [...l.slice(6), ...l.slice(0, 6)]),
    /^00000001.heads: the head at 4 is out of order/,
  ],
  [
    'a head twice',
    (_, edit) => edit('heads', 1, (l) => [...l.slice(0, 6), ...l]),
    /^00000001.heads: the head at 4 is out of order/,
  ],
  [
    'text between heads',
    (_, edit) => edit('heads', 1, (l) => ['hello', ...l]),
    '00000001.heads: head 1 is not in the form of a signed head',
  ],
  [
    'other bytes in the packed twin',
    (log) => {
      log.pack(1, { leavePlain: true })
      writeFileSync(log.path('jsonl.gz', 1), readFileSync(log.path('jsonl.gz', 1)).subarray(0, -1))
    },
    /^00000001.jsonl.gz: the gzip file is broken/,
  ],
  [
    'something after the gzip member',
    (log) => {
      log.pack(1)
      writeFileSync(log.path('jsonl.gz', 1), 'x', { flag: 'a' })
    },
    '00000001.jsonl.gz: the gzip file is broken: more follows its end',
  ],
  [
    'a second gzip member',
    (log) => {
      log.pack(1)
      log.pack(2)
      writeFileSync(log.path('jsonl.gz', 1), readFileSync(log.path('jsonl.gz', 2)), { flag: 'a' })
    },
    '00000001.jsonl.gz: the gzip file is broken: more follows its end',
  ],
  [
    'a name in the gzip header',
    (log) => {
      log.pack(1)
      const b = readFileSync(log.path('jsonl.gz', 1))
      b[3] = 8
      writeFileSync(log.path('jsonl.gz', 1), b)
    },
    '00000001.jsonl.gz: the gzip file is broken: its header is not as this log writes it',
  ],
  [
    'a changed key file',
    (log) => writeFileSync(join(log.folder, 'key.pub'), `x${log.vkey}\n`),
    'key.pub:1: is no verifier key',
  ],
  [
    'a segment begun within one',
    (log) => {
      log.drop(3)
      const text = readFileSync(log.path('jsonl', 2), 'utf8')
      writeFileSync(log.path('jsonl', 1), text, { flag: 'a' })
      writeFileSync(log.path('heads', 1), readFileSync(log.path('heads', 2)), { flag: 'a' })
      log.drop(2)
    },
    '00000001.jsonl:7: record 7 begins a segment in the middle of one',
  ],
]

for (const [name, change, said] of faults) {
  test(`names ${name}`, async (t) => {
    const dir = tempFolder(t)
    const log = makeLog(dir)
    change(log, (kind, number, edit) => {
      const lines = readFileSync(log.path(kind, number), 'utf8').split('\n').slice(0, -1)
      writeFileSync(
        log.path(kind, number),
        edit(lines)
          .map((line) => `${line}\n`)
          .join(''),
      )
    })
    const found = await verdictOf(dir)
    t.is(found.status, 1, found.said)
    if (typeof said === 'string') t.is(found.said, said)
    else t.regex(found.said, said)
    t.is((await verdictOf(dir, { heads: log.heads, vkeys: [log.vkey] })).status, 1)
  })
}

test('a log of which heads are known is missed', async (t) => {
  const dir = tempFolder(t)
  makeLog(dir)
  const gone = new AuditMaker(dir, 'node-99999999')
  gone.head()
  rmSync(gone.folder, { recursive: true })
  const { status, said } = await verdictOf(dir, gone)
  t.deepEqual([status, said], [1, 'node-99999999: the whole log is missing: heads of it are in `published`'])
})

test('a folder that was moved away is verified by itself', async (t) => {
  const dir = tempFolder(t)
  const log = makeLog(dir)
  renameSync(log.folder, join(dir, 'evidence'))
  const { status, logs } = await verdictOf(join(dir, 'evidence'), log)
  t.is(status, 0)
  t.deepEqual(logs[0]?.notes, ['the folder `evidence` holds the log `node-0123abcd`'])
})
