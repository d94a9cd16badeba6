import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { openAuditLog } from '../../../../src/services/audit/log/open.ts'
import { awaitLine, read, readWhole, setup, temporaryFolder } from './harness.ts'

/** The kernel lets no file of this process grow beyond so many bytes: it writes in part, then not at all. */
const limitFiles = (bytes: number | 'unlimited'): void => {
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:unlimited`])
}

for (const fsync of ['batch', 'always', 'os'] as const) {
  test.serial(
    `loses nothing acknowledged when there is no room, and goes on when there is again, with fsync ${fsync}`,
    async (t) => {
      t.teardown(() => limitFiles('unlimited'))
      const dir = await temporaryFolder(t)
      const options = setup(dir, { fsync })
      const log = await openAuditLog(options)
      const path = join(dir, log.id, '00000001.jsonl')
      limitFiles(20_000)
      const kept: number[] = []
      for (let n = 0; (await log.commit(read(n))) || n < 10; n++) kept.push(n)
      t.true(kept.length > 20, String(kept.length))
      t.regex([...options.status.faults].join(), /^audit,the audit log `.+` cannot be written: /)
      const there = await readFile(path, 'utf8')
      t.true(there.endsWith('}\n'), 'nothing of what was refused is there')
      const size = Buffer.byteLength(there)
      const refused = await Promise.all([1, 2, 3].map((n) => log.commit(read(1000 + n))))
      t.deepEqual(refused, [false, false, false])
      for (let n = 0; n < 50; n++) log.append(read(2000 + n))
      t.is((await readFile(path)).length, size)
      limitFiles('unlimited')
      await awaitLine(options, /^info: over: the audit log/)
      t.is(options.status.faults.size, 0)
      t.true(await log.commit(read(3000)))
      await log.close()
      const { records } = await readWhole(join(dir, log.id))
      t.deepEqual(
        records.filter(({ event }) => event === 'data.read').map(({ n }) => n),
        [...kept, ...Array.from({ length: 50 }, (_, n) => 2000 + n), 3000],
      )
      t.is(options.lines.filter((line) => line.startsWith('error: the audit log')).length, 1, options.lines.join('\n'))
    },
  )
}

test.serial('tries no more than once a second while there is no room', async (t) => {
  t.teardown(() => limitFiles('unlimited'))
  const dir = await temporaryFolder(t)
  const options = setup(dir)
  const log = await openAuditLog(options)
  limitFiles(2000)
  while (await log.commit(read(1)));
  const before = performance.now()
  let answers = 0
  for (; performance.now() - before < 300; answers++) t.false(await log.commit(read(2)))
  t.true(answers > 100)
  await log.close()
  const count = options.lines.filter((line) => line.startsWith('error')).length
  t.true(count <= 3, options.lines.join('\n'))
})

test.serial('says how much is lost when it closes while there is no room', async (t) => {
  t.teardown(() => limitFiles('unlimited'))
  const dir = await temporaryFolder(t)
  const options = setup(dir)
  const log = await openAuditLog(options)
  limitFiles(1500)
  for (let n = 0; n < 30; n++) log.append(read(n))
  const commits = [log.commit(read(30)), log.commit(read(31))]
  await log.close()
  t.deepEqual(await Promise.all(commits), [false, false])
  t.true(
    options.lines.some((line) => /entries that waited are lost .*"count":30/.test(line)),
    options.lines.join('\n'),
  )
  t.is(options.metrics.auditLost, 30)
  limitFiles('unlimited')
  const again = await openAuditLog(setup(dir))
  t.is(again.id, log.id)
  await again.close()
  await readWhole(join(dir, log.id))
})

test.serial('goes on in the old segment while no new one can be begun', async (t) => {
  t.teardown(() => limitFiles('unlimited'))
  const dir = await temporaryFolder(t)
  const options = setup(dir, { rotate: { bytes: 4000, milliseconds: 1e9 } })
  const log = await openAuditLog(options)
  await t.throwsAsync(async () => {
    limitFiles(0)
    await log.rotate()
  })
  limitFiles('unlimited')
  t.true(await log.commit(read(1)))
  await log.rotate()
  t.true(await log.commit(read(2)))
  await log.close()
  await readWhole(join(dir, log.id))
})

/** The kernel opens one further file for this process, and no more, until what is returned is called. */
function useUpFiles(): () => void {
  const [, before = ''] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
  const limit = (soft: string): void => {
    execFileSync('prlimit', ['--pid', String(process.pid), `--nofile=${soft}:`])
  }
  limit('256')
  const open: number[] = []
  try {
    for (;;) open.push(openSync(process.execPath, 'r'))
  } catch {
    closeSync(open.pop() as number)
  }
  return () => {
    for (const file of open.splice(0)) closeSync(file)
    limit(before)
  }
}

test.serial('stores no head twice where its folder cannot be opened the first time', async (t) => {
  const dir = await temporaryFolder(t)
  const options = setup(dir)
  const log = await openAuditLog(options)
  t.true(await log.commit(read(1)))
  const free = useUpFiles()
  t.teardown(free)
  await t.throwsAsync(log.rotate(), { code: 'EMFILE' })
  free()
  t.deepEqual(options.heads, [])
  await log.rotate()
  await log.close()
  const { headed } = await readWhole(join(dir, log.id))
  t.deepEqual([...new Set(headed)], headed)
  t.deepEqual(
    options.heads.map((head) => Number(head.split('\n')[1])),
    headed,
  )
})
