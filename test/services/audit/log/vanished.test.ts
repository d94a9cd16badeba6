import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, openSync, unlinkSync } from 'node:fs'
import { appendFile, copyFile, readFile, rename, truncate, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { AuditLog } from '../../../../src/services/audit/log/audit-log.ts'
import { openAuditLog } from '../../../../src/services/audit/log/open.ts'
import { awaitLine, read, readWhole, type Setup, setup, temporaryFolder } from './harness.ts'

interface Opened {
  readonly log: AuditLog
  readonly options: Setup
  readonly folder: string
  readonly path: string
}

async function opened(t: ExecutionContext): Promise<Opened> {
  const dir = await temporaryFolder(t)
  const options = setup(dir)
  const log = await openAuditLog(options)
  for (let n = 0; n < 10; n++) await log.commit(read(n))
  const folder = join(dir, log.id)
  return { log, options, folder, path: join(folder, '00000001.jsonl') }
}

/** Not a record is missing, and what waited is there. */
async function goesOn(t: ExecutionContext, { log, options, folder }: Opened): Promise<void> {
  await awaitLine(options, /^info: over: the audit log/)
  t.is(options.status.faults.size, 0)
  t.true(await log.commit(read(30)))
  await log.close()
  const { records } = await readWhole(folder)
  const numbers = records.filter(({ event }) => event === 'data.read').map(({ n }) => n)
  t.deepEqual(numbers, [...Array(10).keys(), 20, 30])
}

test('waits for a folder that vanished, and goes on when it is there again', async (t) => {
  const it = await opened(t)
  await rename(it.folder, `${it.folder}.away`)
  t.false(await it.log.commit(read(10)))
  it.log.append(read(20))
  t.regex([...it.options.status.faults.values()].join(), /00000001\.jsonl` is gone/)
  await rename(`${it.folder}.away`, it.folder)
  await goesOn(t, it)
})

test('waits for a file that was renamed, as by logrotate, and begins no other', async (t) => {
  const it = await opened(t)
  await rename(it.path, `${it.path}.1`)
  process.emit('SIGHUP', 'SIGHUP')
  t.false(await it.log.commit(read(10)))
  it.log.append(read(20))
  await t.throwsAsync(readFile(it.path), { code: 'ENOENT' })
  await writeFile(it.path, '')
  await awaitLine(it.options, /lacks records that were kept/)
  await rename(`${it.path}.1`, it.path)
  await goesOn(t, it)
})

test('takes a copy for the file where all that was kept is in it', async (t) => {
  const it = await opened(t)
  await copyFile(it.path, `${it.path}.copy`)
  await rename(`${it.path}.copy`, it.path)
  t.false(await it.log.commit(read(10)))
  it.log.append(read(20))
  t.regex([...it.options.status.faults.values()].join(), /was replaced by another file/)
  await goesOn(t, it)
})

test('cuts what something else wrote, and puts on record what it was', async (t) => {
  const it = await opened(t)
  const foreign = 'something else\nmore'
  await appendFile(it.path, foreign)
  t.false(await it.log.commit(read(10)))
  it.log.append(read(20))
  t.regex(
    [...it.options.status.faults.values()].join(),
    /must have \d+ bytes, but has \d+: something else writes to it/,
  )
  await goesOn(t, it)
  const { records } = await readWhole(it.folder)
  const sha256 = createHash('sha256').update(foreign).digest('hex')
  t.like(
    records.find(({ event }) => event === 'audit.recovered'),
    { file: '00000001.jsonl', cut: foreign.length, sha256 },
  )
})

test('never goes on over records that were taken away; a head says that they were there', async (t) => {
  const it = await opened(t)
  const { size } = it.log
  const text = await readFile(it.path, 'utf8')
  const cut = text.lastIndexOf('\n', text.length - 2) + 1
  await truncate(it.path, cut)
  t.false(await it.log.commit(read(10)))
  it.log.append(read(20))
  await awaitLine(it.options, /lacks records that were kept/)
  t.deepEqual(
    it.options.heads.map((head) => head.split('\n')[1]),
    [String(size)],
  )
  await it.log.close()
  t.true(it.options.lines.some((line) => line.includes('entries that waited are lost')))
  t.is((await readFile(it.path)).length, cut)
  await t.throwsAsync(openAuditLog(setup(it.options.dir)), {
    message: /record 12 is not there, but a signed head is about 12/,
  })
})

test('closes where its file is gone', async (t) => {
  const it = await opened(t)
  await unlink(it.path)
  it.log.append(read(20))
  await it.log.close()
  t.true(it.options.lines.some((line) => line.includes('entries that waited are lost')))
  t.is(it.options.status.faults.size, 0)
})

test('holds nobody up for ever where the disk neither writes nor fails, and goes on when it does', async (t) => {
  const dir = await temporaryFolder(t)
  const options = setup(dir)
  const log = await openAuditLog(options)
  const pipe = join(dir, log.id, '00000001.heads')
  execFileSync('mkfifo', [pipe])
  const turned = t.throwsAsync(log.rotate(), { code: 'EINVAL' })
  const held = [log.commit(read(1)), log.commit(read(2))]
  log.append(read(3))
  t.deepEqual(await Promise.all(held), [false, false])
  t.regex([...options.status.faults].join(), /^audit,the audit log .+ the disk does not answer within 5000 ms/)
  const before = performance.now()
  t.false(await log.commit(read(4)))
  t.true(performance.now() - before < 1000, 'at once')
  // Somebody reads the pipe: what was opened to write to it gets through.
  const reader = openSync(pipe, 'r+')
  unlinkSync(pipe)
  await turned
  closeSync(reader)
  await awaitLine(options, /^info: over: the audit log/)
  t.true(await log.commit(read(5)))
  await log.close()
  const { records } = await readWhole(join(dir, log.id))
  t.deepEqual(
    records.filter(({ event }) => event === 'data.read').map(({ n }) => n),
    [3, 5],
  )
})
