import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import type { AuditEntry } from '../../../../src/core/audit.ts'
import { openAuditLog } from '../../../../src/services/audit/log/open.ts'
import { HandClock } from '../../../helpers/hand-clock.ts'
import { awaitFile, env, read, readWhole, setup, temporaryFolder } from './harness.ts'

test('keeps entries in the order they came, between its own records', async (t) => {
  const dir = await temporaryFolder(t)
  const log = await openAuditLog(setup(dir))
  for (let n = 0; n < 1200; n++) log.append(read(n))
  t.true(await log.commit(read(1200)))
  await log.close()
  const { records, headed } = await readWhole(join(dir, log.id))
  t.deepEqual(
    records.filter(({ event }) => event === 'data.read').map(({ n }) => n),
    Array.from({ length: 1201 }, (_, n) => n),
  )
  t.deepEqual(
    records.filter(({ event }) => event.startsWith('audit.')).map(({ event }) => event),
    ['audit.segment', 'audit.started', 'audit.stopped'],
  )
  t.is(headed.at(-1), records.length)
})

for (const fsync of ['batch', 'always', 'os'] as const) {
  test(`has a record in the file once it is acknowledged, with fsync ${fsync}`, async (t) => {
    const dir = await temporaryFolder(t)
    const log = await openAuditLog(setup(dir, { fsync }))
    for (let n = 0; n < 20; n++) {
      t.true(await log.commit(read(n)))
      const text = await readFile(join(dir, log.id, '00000001.jsonl'), 'utf8')
      t.true(text.includes(`"n":${n}}\n`))
    }
    await log.close()
    await readWhole(join(dir, log.id))
  })
}

test('keeps a thousand entries that wait when it is closed, and nothing after', async (t) => {
  const dir = await temporaryFolder(t)
  const options = setup(dir)
  const log = await openAuditLog(options)
  const commits = Array.from({ length: 1000 }, (_, n) => (n % 2 === 0 ? log.commit(read(n)) : log.append(read(n))))
  const closing = log.close()
  t.false(await log.commit(read(1000)))
  log.append(read(1001))
  await Promise.all([closing, log.close()])
  t.true((await Promise.all(commits)).every((kept) => kept !== false))
  const { records } = await readWhole(join(dir, log.id))
  t.is(records.filter(({ event }) => event === 'data.read').length, 1000)
  t.is(records.at(-1)?.event, 'audit.stopped')
  t.is(options.metrics.auditLost, 1)
})

test('goes on where the process before it stopped', async (t) => {
  const dir = await temporaryFolder(t)
  const ids = new Set<string>()
  for (let n = 0; n < 5; n++) {
    const log = await openAuditLog(setup(dir))
    ids.add(log.id)
    await log.commit(read(n))
    await log.close()
  }
  t.is(ids.size, 1)
  const { records } = await readWhole(join(dir, [...ids].join()))
  t.deepEqual(
    records.map(({ seq }) => seq),
    records.map((_, index) => index + 1),
  )
})

test('writes to the log of another writer never, nor to that of another host', async (t) => {
  const dir = await temporaryFolder(t)
  const logs = await Promise.all([1, 2, 3].map(() => openAuditLog(setup(dir))))
  const other = await openAuditLog(setup(dir, { host: 'node-2' }))
  t.is(new Set([...logs, other].map(({ id }) => id)).size, 4)
  for (const log of [...logs, other]) await log.close()
  const again = await openAuditLog(setup(dir, { host: 'node-2' }))
  t.is(again.id, other.id)
  await again.close()
})

test('names logs by what of the host can stand in a file name', async (t) => {
  const dir = await temporaryFolder(t)
  for (const [host, name] of [
    ['API.Example', 'api.example'],
    ['../../etc', 'etc'],
    ['a"b\\c\nd', 'a-b-c-d'],
    ['', 'host'],
  ] as const) {
    const log = await openAuditLog(setup(dir, { host }))
    t.regex(log.id, new RegExp(`^${name.replace('.', '\\.')}-[0-9a-f]{8}$`))
    await log.close()
  }
})

test('is for its owner alone, whatever the umask says', async (t) => {
  const dir = await temporaryFolder(t)
  const before = process.umask(0)
  t.teardown(() => process.umask(before))
  const log = await openAuditLog(setup(dir))
  await log.commit(read(1))
  await log.rotate()
  const folder = join(dir, log.id)
  await awaitFile(join(folder, '00000001.jsonl'), false)
  await log.close()
  const { files } = await readWhole(folder)
  t.deepEqual(files, ['00000001.heads', '00000001.jsonl.gz', '00000002.heads', '00000002.jsonl', 'key.pub', 'lock'])
  for (const path of [dir, folder]) t.is((await stat(path)).mode & 0o777, 0o700)
  for (const name of files) t.is((await stat(join(folder, name))).mode & 0o777, 0o600, name)
})

test('signs a head at the interval where there is news, stores it and then publishes it', async (t) => {
  const dir = await temporaryFolder(t)
  const stored: Promise<string>[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  let folder = ''
  const publish = (head: string): void => {
    stored.push(readFile(join(folder, '00000001.heads'), 'utf8').then((text) => (text.includes(head) ? head : '')))
    resolve()
  }
  const log = await openAuditLog(setup(dir, { headEvery: 20, publish }))
  folder = join(dir, log.id)
  await promise
  t.is(stored.length, 1)
  await log.close()
  const heads = await Promise.all(stored)
  t.deepEqual(
    heads.map((head) => head.split('\n')[1]),
    ['2', '3'],
  )
  await readWhole(folder)
})

test('takes what JSON cannot say for lost, and goes on', async (t) => {
  const dir = await temporaryFolder(t)
  const options = setup(dir)
  const log = await openAuditLog(options)
  const cycle: Record<string, unknown> = { event: 'data.read', outcome: 'allowed' }
  cycle.self = cycle
  for (const wrong of [cycle, { event: 'data.read', n: 1n }, undefined, null]) {
    const entry = wrong as unknown as AuditEntry
    t.notThrows(() => log.append(entry))
    t.false(await log.commit(entry))
  }
  const strange = { event: 'data.read', outcome: 'allowed', text: '\u2028\ud800 "\n\\ 🙂', ['__proto__']: 1 } as const
  t.true(await log.commit(strange))
  await log.close()
  const { records } = await readWhole(join(dir, log.id))
  t.true(records.some(({ text }) => text === strange.text))
  t.is(records.find(({ event }) => event === 'audit.lost')?.count, 4)
  t.is(options.metrics.auditLost, 4)
})

test('bounds what waits, and puts on record how much did not fit', async (t) => {
  const dir = await temporaryFolder(t)
  const options = setup(dir)
  const log = await openAuditLog(options)
  const text = 'x'.repeat(100_000)
  for (let n = 0; n < 400; n++) log.append({ ...read(n), text })
  await log.close()
  const { records } = await readWhole(join(dir, log.id))
  const kept = records.filter(({ event }) => event === 'data.read').length
  t.true(kept > 150 && kept < 180, String(kept))
  t.is(records.find(({ event }) => event === 'audit.lost')?.count, 400 - kept)
  t.is(options.metrics.auditLost, 400 - kept)
})

test('copies the line of each record that is kept, those of the log itself too', async (t) => {
  const dir = await temporaryFolder(t)
  const lines: string[] = []
  const log = await openAuditLog(setup(dir, { copy: (line) => void lines.push(line) }))
  for (let n = 0; n < 10; n++) log.append(read(n))
  await log.commit(read(10))
  const text = await readFile(join(dir, log.id, '00000001.jsonl'), 'utf8')
  await log.rotate()
  await log.close()
  const next = await readFile(join(dir, log.id, '00000002.jsonl'), 'utf8')
  t.is(`${lines.join('\n')}\n`, text + next)
})

test('goes on where a copy throws', async (t) => {
  const dir = await temporaryFolder(t)
  const options = setup(dir, {
    copy: () => {
      throw new Error('a bug of the copy')
    },
  })
  const log = await openAuditLog(options)
  t.true(await log.commit(read(1)))
  t.true(await log.commit(read(2)))
  await log.close()
  t.true(options.lines.includes('error: audit records cannot be copied {"err":{}}'))
})

test('writes the times that its clock tells, also when that goes back', async (t) => {
  const dir = await temporaryFolder(t)
  const clock = new HandClock()
  const log = await openAuditLog(setup(dir, { clock, rotate: { bytes: 1e9, milliseconds: 60_000 } }))
  await log.commit(read(1))
  clock.pass(-3_600_000)
  t.true(await log.commit(read(2)))
  await log.close()
  const { records } = await readWhole(join(dir, log.id))
  const [first, second] = records.filter(({ event }) => event === 'data.read')
  t.is(Date.parse(String(first?.time)) - Date.parse(String(second?.time)), 3_600_000)
})

test('refuses to start where no log can be', async (t) => {
  const dir = await temporaryFolder(t)
  await mkdir(join(dir, '..'), { recursive: true })
  await writeFile(dir, 'a file')
  await t.throwsAsync(openAuditLog(setup(dir)), { name: 'StartFault', message: /^no audit log can be written in `/ })
})

const writer = new URL('../../../fixtures/audit/writer.ts', import.meta.url).pathname

test('leaves each log to one process, until that is gone, however it ends', async (t) => {
  const dir = await temporaryFolder(t)
  const child = spawn(process.execPath, [writer, dir, 'idle'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data')
  const id = JSON.parse(line).id
  const mine = await openAuditLog(setup(dir))
  t.not(mine.id, id)
  const closed = once(child, 'close')
  child.kill('SIGKILL')
  await closed
  const its = await openAuditLog(setup(dir))
  t.is(its.id, id)
  await Promise.all([mine.close(), its.close()])
  await readWhole(join(dir, id))
})

test('leaves each log to one thread', async (t) => {
  const dir = await temporaryFolder(t)
  const child = spawn(process.execPath, [writer, dir, 'threads'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
  })
  const [code] = await once(child, 'close')
  t.is(code, 0)
  const ids = text.trim().split('\n')
  t.is(ids.length, 4)
  t.is(new Set(ids).size, 4)
  for (const id of ids) await readWhole(join(dir, id))
})
