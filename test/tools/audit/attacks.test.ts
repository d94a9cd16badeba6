/** Attacks on a log as a whole, by one who can write all files: none is called whole, whatever the verifier is told. */

import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { AuditMaker, newKey } from '../../helpers/audit-maker.ts'
import { type Known, tempFolder, type Verdict, verdictOf } from '../../helpers/audit-verdict.ts'

const patience = 600_000
const id = 'node-0123abcd'

/** Three segments; heads at 3, 4, 7, 9 and 11. */
function makeLog(dir: string, name = id): AuditMaker {
  const log = new AuditMaker(dir, name)
  log.fill(1)
  log.head()
  log.fill(1)
  log.rotate()
  log.fill(2)
  log.head()
  log.fill(2)
  log.rotate()
  log.fill(1)
  log.head()
  return log
}

const rootOf = (log: AuditMaker): string => dirname(log.folder)
const all = ({ heads, vkey }: AuditMaker): Known => ({ heads, vkeys: [vkey] })
/** All that the verifier can be told: nothing, keys, heads, both. */
const ways = (log: AuditMaker): readonly Known[] => [{}, { vkeys: [log.vkey] }, { heads: log.heads }, all(log)]
const statuses = (log: AuditMaker): Promise<readonly number[]> =>
  Promise.all(ways(log).map(async (known) => (await verdictOf(rootOf(log), known)).status))

const linesOf = (file: string): readonly string[] => readFileSync(file, 'utf8').split('\n').slice(0, -1)
const write = (file: string, lines: readonly string[]): void =>
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''))
const named = ({ said }: Verdict): number => Number(/\brecords? (\d+)/.exec(said)?.[1])

/** Every way finds it; the record that the last one names. */
async function found(t: ExecutionContext, log: AuditMaker, what: string): Promise<number> {
  t.deepEqual(await statuses(log), [1, 1, 1, 1], what)
  return named(await verdictOf(rootOf(log), all(log)))
}

test('a record that is missing, repeated, moved or swapped is found and named', async (t) => {
  t.timeout(patience)
  const log = makeLog(tempFolder(t))
  for (const [number, first] of [
    [1, 1],
    [2, 5],
    [3, 10],
  ] as const) {
    const file = log.path('jsonl', number)
    const lines = linesOf(file)
    for (const [index, line] of lines.entries()) {
      const what = `record ${first + index}`
      write(file, lines.toSpliced(index, 1))
      t.is(await found(t, log, `without ${what}`), first + index)
      for (let to = 0; to <= lines.length; to++) {
        write(file, lines.toSpliced(to, 0, line))
        t.is(await found(t, log, `${what} again in line ${to + 1}`), first + (to === index ? index + 1 : to))
        if (to === index || to === lines.length) continue
        write(file, lines.toSpliced(index, 1).toSpliced(to, 0, line))
        t.is(await found(t, log, `${what} moved to line ${to + 1}`), first + Math.min(index, to))
        write(file, lines.with(index, lines[to] ?? '').with(to, line))
        t.is(await found(t, log, `${what} swapped with line ${to + 1}`), first + Math.min(index, to))
      }
    }
    write(file, lines)
  }
  t.deepEqual(await statuses(log), [3, 3, 0, 0])
})

test('a cut at any byte is found where a head is above it, and is never called whole', async (t) => {
  t.timeout(patience)
  const log = makeLog(tempFolder(t))
  log.fill(1)
  for (const [kind, number] of [
    ['jsonl', 1],
    ['heads', 1],
    ['jsonl', 3],
    ['heads', 3],
  ] as const) {
    const file = log.path(kind, number)
    const bytes = readFileSync(file)
    const signed =
      kind === 'jsonl' && number === 3 ? bytes.length - (linesOf(file).at(-1)?.length ?? 0) - 1 : bytes.length
    for (let length = 0; length < bytes.length; length++) {
      writeFileSync(file, bytes.subarray(0, length))
      const mayBeCrash = number === 3 && (kind === 'heads' || length >= signed)
      const known = ways(log)[length % 4] ?? {}
      const { status, said } = await verdictOf(rootOf(log), known)
      const isAsSigned = kind === 'jsonl' && number === 3 && length === signed
      const isRight = status === 1 || (mayBeCrash && status === 3) || (isAsSigned && status === 0)
      if (!isRight) t.fail(`${kind} ${number} cut at ${length} told ${Object.keys(known)}: ${status} ${said}`)
    }
    writeFileSync(file, bytes)
  }
  t.deepEqual(await statuses(log), [3, 3, 3, 3])
})

test('two logs that are spliced are found', async (t) => {
  const dir = tempFolder(t)
  const log = makeLog(dir)
  const other = makeLog(dir, 'node-99999999')
  const [mine, theirs] = [log.path('jsonl', 2), other.path('jsonl', 2)]
  write(mine, [...linesOf(mine).slice(0, 2), ...linesOf(theirs).slice(2)])
  const verdict = await verdictOf(dir, { heads: [...log.heads, ...other.heads] })
  t.is(verdict.said, '00000002.jsonl:3: record 7 is of another log, `node-99999999`')
  t.is(await found(t, log, 'records'), 7)
  for (const kind of ['jsonl', 'heads']) cpSync(other.path(kind, 2), log.path(kind, 2))
  await found(t, log, 'a segment')
  rmSync(log.folder, { recursive: true })
  cpSync(other.folder, log.folder, { recursive: true })
  await found(t, log, 'a whole log')
})

test('an older copy is found by those who have a head from elsewhere', async (t) => {
  const dir = tempFolder(t)
  const log = new AuditMaker(join(dir, 'logs'))
  log.fill(3)
  log.head()
  cpSync(rootOf(log), join(dir, 'old'), { recursive: true })
  log.fill(2)
  log.head()
  rmSync(rootOf(log), { recursive: true })
  renameSync(join(dir, 'old'), rootOf(log))
  t.deepEqual(await statuses(log), [3, 3, 1, 1])
  t.regex(
    (await verdictOf(rootOf(log), all(log))).said,
    /^00000001.jsonl: records 6–7 are missing: the head at 7 in `published`/,
  )
})

/** The same log, made anew with one record changed, by one who has this key. */
function forge(log: AuditMaker, key = log.key): AuditMaker {
  rmSync(log.folder, { recursive: true })
  return makeChanged(rootOf(log), key)
}

function makeChanged(dir: string, key: ReturnType<typeof newKey>): AuditMaker {
  const log = new AuditMaker(dir, id, key)
  log.add('data.read', { outcome: 'allowed', principal: { issuer: 'shop', id: 'somebody else' } })
  log.head()
  log.fill(1)
  log.rotate()
  log.fill(2)
  log.head()
  return log
}

test('a rewrite with recomputed hashes is found by the heads that are there', async (t) => {
  const log = makeLog(tempFolder(t))
  const heads = [1, 2, 3].map((number) => readFileSync(log.path('heads', number), 'utf8'))
  const key = readFileSync(join(log.folder, 'key.pub'), 'utf8')
  const forged = forge(log, newKey())
  for (const number of [1, 2]) writeFileSync(forged.path('heads', number), heads[number - 1] ?? '')
  writeFileSync(join(forged.folder, 'key.pub'), key)
  t.is(await found(t, log, 'rewritten'), 3)
})

test('a swapped key that signed everything anew is found by those who have the key, or a head', async (t) => {
  const log = makeLog(tempFolder(t))
  forge(log, newKey())
  t.deepEqual(await statuses(log), [3, 1, 1, 1])
  t.regex((await verdictOf(rootOf(log), { vkeys: [log.vkey] })).said, /is signed with another key than the given one$/)
})

test('one who has the key itself is found by the heads that left before', async (t) => {
  const log = makeLog(tempFolder(t))
  forge(log)
  t.deepEqual(await statuses(log), [3, 3, 1, 1])
})

test('a removed segment is found, but for the last where nothing else is known', async (t) => {
  for (const number of [1, 2, 3]) {
    const log = makeLog(tempFolder(t))
    log.drop(number)
    t.deepEqual(await statuses(log), number === 3 ? [3, 3, 1, 1] : [1, 1, 1, 1], `segment ${number}`)
  }
})

test('a forged record of a removal is found', async (t) => {
  const unsigned = makeLog(tempFolder(t))
  const state = linesOf(unsigned.path('jsonl', 2))[0] ?? ''
  const { size } = JSON.parse(state).tree
  const root = readFileSync(unsigned.path('heads', 1), 'utf8').split('\n').at(-5) ?? ''
  const forged = { outcome: 'done', through: size, root, segments: [1, 1], olderThan: '2026-11-01T00:00:00.000Z' }
  unsigned.add('audit.removed', forged)
  unsigned.drop(1)
  t.is(await found(t, unsigned, 'unsigned'), unsigned.size)

  const rewritten = makeLog(tempFolder(t))
  const file = rewritten.path('jsonl', 3)
  rewritten.drop(1)
  write(file, [
    ...linesOf(file).slice(0, -1),
    linesOf(file)
      .at(-1)
      ?.replace('"event":"data.read"', `"event":"audit.removed","through":${size},"root":"${root}","segments":[1,1]`) ??
      '',
  ])
  t.is(await found(t, rewritten, 'rewritten'), 11)

  const wrong = makeLog(tempFolder(t))
  wrong.add('audit.removed', { ...forged, root: wrong.line('x', {}).slice(60, 104) })
  wrong.head()
  t.regex(
    (await verdictOf(rootOf(wrong), all(wrong))).said,
    /record 12 says that the log had another root at 4 than it had$/,
  )
  t.deepEqual(await statuses(wrong), [1, 1, 1, 1])
})

test('a record of a removal does not hide more than it says', async (t) => {
  const log = makeLog(tempFolder(t))
  log.recordRemoval(1)
  log.drop(1)
  t.deepEqual(await statuses(log), [3, 3, 0, 0])
  log.drop(2)
  await found(t, log, 'segment 2')
})

test('a fork is found where both branches were signed', async (t) => {
  const dir = tempFolder(t)
  const log = makeLog(join(dir, 'one'))
  const fork = makeChanged(join(dir, 'two'), log.key)
  const { status, said } = await verdictOf(rootOf(log), { heads: [...log.heads, ...fork.heads] })
  t.is(status, 1)
  t.regex(said, /two heads at 3 have different roots/)
})

test('what stands beside a log is noted, and breaks nothing', async (t) => {
  const log = makeLog(tempFolder(t))
  mkdirSync(join(log.folder, 'sub'))
  writeFileSync(join(log.folder, '00000001.jsonl.bak'), 'x')
  writeFileSync(log.path('jsonl.gz.tmp', 2), 'half')
  writeFileSync(join(rootOf(log), 'README'), 'x')
  const { status, logs } = await verdictOf(rootOf(log), all(log))
  t.is(status, 0)
  const notes = logs[0]?.notes.map((note) => basename(note.split('`')[1] ?? ''))
  t.deepEqual(notes?.toSorted(), ['00000001.jsonl.bak', 'sub'])
  t.true(readdirSync(rootOf(log)).includes('README'))
})

test('a published head that the log itself has lost is missed', async (t) => {
  const log = makeLog(tempFolder(t))
  const lines = linesOf(log.path('heads', 2))
  log.sign()
  write(log.path('heads', 2), lines.slice(6))
  t.deepEqual(await statuses(log), [3, 3, 1, 1])
  const { said } = await verdictOf(rootOf(log), all(log))
  t.is(
    said,
    '00000002.heads: the head at 7 is missing: it is in `published`, and heads are kept before they are published',
  )
})

test('a head whose signature is another is told from one by another key', async (t) => {
  const log = makeLog(tempFolder(t))
  const file = log.path('heads', 1)
  const lines = linesOf(file)
  const [one, two] = [lines[4] ?? '', lines[10] ?? '']
  write(file, lines.with(4, two).with(10, one))
  t.is((await verdictOf(rootOf(log))).said, '00000001.heads: the head at 3 has a wrong signature')
})
