import { existsSync, readdirSync } from 'node:fs'
import { mkdir, readdir, readFile, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { openAuditLog } from '../../../../src/services/audit/log/open.ts'
import { HandClock } from '../../../helpers/hand-clock.ts'
import { awaitFile, awaitLine, read, readWhole, setup, temporaryFolder } from './harness.ts'

const day = 86_400_000

test('rotates by size under load, each segment closed by a head over its last record', async (t) => {
  const dir = await temporaryFolder(t)
  const log = await openAuditLog(setup(dir, { rotate: { bytes: 20_000, milliseconds: 1e9 } }))
  const answers: Promise<boolean>[] = []
  for (let n = 0; n < 1000; n++) {
    answers.push(log.commit(read(n)))
    if (n % 20 === 19) await answers.at(-1)
  }
  t.true((await Promise.all(answers)).every((kept) => kept))
  await log.close()
  const { records, headed } = await readWhole(join(dir, log.id))
  t.is(records.filter(({ event }) => event === 'data.read').length, 1000)
  const begun = records.filter(({ event }) => event === 'audit.segment')
  t.true(begun.length > 8)
  t.deepEqual(
    begun.map(({ segment, why }) => [segment, why]),
    begun.map((_, index) => [index + 1, index === 0 ? 'created' : 'rotated']),
  )
  for (const { seq } of begun.slice(1)) t.true(headed.includes(Number(seq) - 1))
})

test('rotates by age when something comes, and compresses what was closed', async (t) => {
  const dir = await temporaryFolder(t)
  const clock = new HandClock()
  const log = await openAuditLog(setup(dir, { clock, rotate: { bytes: 1e9, milliseconds: day } }))
  const folder = join(dir, log.id)
  clock.pass(day - 1)
  await log.commit(read(1))
  t.false(existsSync(join(folder, '00000002.jsonl')))
  clock.pass(1)
  await log.commit(read(2))
  await awaitFile(join(folder, '00000001.jsonl'), false)
  await log.close()
  const { records, files } = await readWhole(folder)
  t.deepEqual(
    records.map(({ event }) => event),
    ['audit.segment', 'audit.started', 'data.read', 'audit.segment', 'data.read', 'audit.stopped'],
  )
  t.true(files.includes('00000001.jsonl.gz'))
})

test('rotates by age while nothing comes, but not what holds nothing', async (t) => {
  const dir = await temporaryFolder(t)
  const log = await openAuditLog(setup(dir, { rotate: { bytes: 1e9, milliseconds: 40 } }))
  const folder = join(dir, log.id)
  await awaitFile(join(folder, '00000001.jsonl.gz'))
  await new Promise((resolve) => setTimeout(resolve, 200))
  await log.close()
  t.deepEqual((await readdir(folder)).filter((name) => name.includes('jsonl')).sort(), [
    '00000001.jsonl.gz',
    '00000002.jsonl',
  ])
})

test('goes on in the old segment while no new one can be begun, says so, and tries again', async (t) => {
  const dir = await temporaryFolder(t)
  const options = setup(dir, { rotate: { bytes: 3000, milliseconds: 1e9 } })
  const log = await openAuditLog(options)
  const folder = join(dir, log.id)
  await mkdir(join(folder, '00000002.jsonl'))
  for (let n = 0; n < 30; n++) t.true(await log.commit(read(n)))
  t.regex([...options.status.faults].join(), /^audit\/rotation,the audit log cannot begin a new segment: EISDIR/)
  await rmdir(join(folder, '00000002.jsonl'))
  while (options.status.faults.size > 0) t.true(await log.commit(read(99)))
  await log.close()
  await awaitLine(options, /^info: over: the audit log cannot begin/)
  const { records } = await readWhole(folder)
  t.true(records.some(({ segment }) => segment === 2))
})

test('removes what is older than it is kept, on record and signed before anything is deleted', async (t) => {
  const dir = await temporaryFolder(t)
  const clock = new HandClock()
  const first = await openAuditLog(setup(dir, { clock }))
  const folder = join(dir, first.id)
  for (let n = 0; n < 4; n++) {
    await first.commit(read(n))
    await first.rotate()
    clock.pass(10 * day)
  }
  await first.close()
  const before = await readWhole(folder)
  const there: (readonly string[])[] = []
  const publish = (head: string): void => void there.push([head.split('\n')[2] ?? '', ...readdirSync(folder)])
  const log = await openAuditLog(setup(dir, { clock, retain: 25 * day, publish }))
  await awaitFile(join(folder, '00000002.heads'), false)
  await log.close()
  const { records, files } = await readWhole(folder)
  t.deepEqual([...new Set(files.flatMap((name) => /^\d+/.exec(name)?.[0] ?? []))], ['00000003', '00000004', '00000005'])
  const removed = records.find(({ event }) => event === 'audit.removed')
  const through = Number(records[0]?.seq) - 1
  t.like(removed, { outcome: 'done', segments: [1, 2], through })
  t.is(removed?.olderThan, new Date(clock.now() - 25 * day).toISOString())
  t.true(before.headed.includes(through))
  t.true(
    there[0]?.some((name) => name.startsWith('00000001.jsonl')),
    'published before',
  )
})

test('keeps the current segment, however old, and all where nothing says how long', async (t) => {
  const rotate = { bytes: 1e9, milliseconds: 2000 * day }
  for (const retain of [1, undefined]) {
    const dir = await temporaryFolder(t)
    const clock = new HandClock()
    const first = await openAuditLog(setup(dir, { clock, rotate }))
    const folder = join(dir, first.id)
    await first.rotate()
    await first.close()
    clock.pass(1000 * day)
    const log = await openAuditLog(setup(dir, { clock, rotate, retain }))
    await (retain === undefined
      ? awaitFile(join(folder, '00000001.jsonl'), false)
      : awaitFile(join(folder, '00000001.heads'), false))
    await log.commit(read(1))
    await log.close()
    const { files } = await readWhole(folder)
    t.is(files.includes('00000001.jsonl.gz'), retain === undefined)
    t.true(files.includes('00000002.jsonl'))
    t.true((await readFile(join(folder, '00000002.jsonl'), 'utf8')).includes('"seq":3,'))
  }
})

test('removes what is too old though nothing can be compressed, for that may be for want of room', async (t) => {
  const dir = await temporaryFolder(t)
  const clock = new HandClock()
  const options = setup(dir, { clock, retain: 25 * day })
  const log = await openAuditLog(options)
  const folder = join(dir, log.id)
  await mkdir(join(folder, '00000001.jsonl.gz.tmp'))
  await log.commit(read(1))
  await log.rotate()
  await awaitLine(options, /^error: closed segments .*EISDIR/)
  t.true(existsSync(join(folder, '00000001.jsonl')))
  clock.pass(30 * day)
  await log.commit(read(2))
  await log.rotate()
  await awaitFile(join(folder, '00000001.heads'), false)
  await log.close()
  t.false(existsSync(join(folder, '00000001.jsonl')))
})

test('takes a packed segment that cannot be read for a fault of the archive, and goes on', async (t) => {
  const dir = await temporaryFolder(t)
  const clock = new HandClock()
  const first = await openAuditLog(setup(dir, { clock }))
  const folder = join(dir, first.id)
  await first.commit(read(1))
  await first.rotate()
  await first.commit(read(2))
  await first.rotate()
  await awaitFile(join(folder, '00000002.jsonl'), false)
  await first.close()
  await rm(join(folder, '00000002.jsonl.gz'))
  await mkdir(join(folder, '00000002.jsonl.gz'))
  clock.pass(30 * day)
  const options = setup(dir, { clock, retain: 25 * day })
  const log = await openAuditLog(options)
  await awaitLine(options, /^error: closed segments .*EISDIR/)
  t.true(await log.commit(read(3)))
  await log.close()
})
