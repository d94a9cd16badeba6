/** The embedded database: its file, who may read it, other processes, and an event loop that does not wait for the disk. */

import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import type { Worker } from 'node:worker_threads'
import test, { type ExecutionContext } from 'ava'
import { StartFault } from '../../../src/core/start-fault.ts'
import { DatabaseAway } from '../../../src/services/database/database.ts'
import { translate } from '../../../src/services/database/sqlite/dialect.ts'
import { emptyDatabase } from '../accounts/stores.ts'
import { countsOf, insert, openAt, openEmpty } from './databases.ts'

function folderOf(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-sqlite-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const pathOf = (url: string) => url.slice('sqlite:'.length)
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

test('values are numbered, every table keeps to its types, and nobody locks rows', (t) => {
  t.is(translate('select a from b where c = $1 and d = $12 for update'), 'select a from b where c = ?1 and d = ?12')
  t.is(translate('create table a (b bigint not null)'), 'create table a (b integer not null) strict')
})

test('folder and files are for nobody else, whatever the umask', async (t) => {
  const { url } = await openEmpty(t, 'sqlite')
  const folder = dirname(pathOf(url))
  t.is(modeOf(folder), '700')
  const files = readdirSync(folder)
  t.true(files.length >= 2)
  for (const file of files) t.is(modeOf(join(folder, file)), '600', file)
})

test('a file that others can read is not used', async (t) => {
  const path = join(folderOf(t), 'a.db')
  writeFileSync(path, '')
  chmodSync(path, 0o640)
  await t.throwsAsync(openAt(t, `sqlite:${path}`), {
    instanceOf: StartFault,
    message: `\`${path}\` can be read by others: run \`chmod 600 ${path}\`, and start again`,
  })
})

test('what is no database, and a path that cannot be one, start nothing', async (t) => {
  const folder = folderOf(t)
  const noise = join(folder, 'noise.db')
  writeFileSync(noise, 'x'.repeat(10_000), { mode: 0o600 })
  await t.throwsAsync(openAt(t, `sqlite:${noise}`), {
    instanceOf: StartFault,
    message: `the database \`${noise}\` cannot be used: file is not a database`,
  })
  mkdirSync(join(folder, 'folder.db'))
  await t.throwsAsync(openAt(t, `sqlite:${join(folder, 'folder.db')}`), { instanceOf: StartFault, message: /EISDIR/ })
  await t.throwsAsync(openAt(t, `sqlite:${noise}/below.db`), { instanceOf: StartFault, message: /ENOTDIR|EEXIST/ })
  t.false(existsSync(join(folder, 'below.db')))
})

test('what is committed is on the disk at once, and reads do not wait for those who write', async (t) => {
  const { url, database } = await openEmpty(t, 'sqlite')
  const other = new DatabaseSync(pathOf(url))
  t.teardown(() => other.close())
  t.deepEqual({ ...other.prepare('pragma journal_mode').get() }, { journal_mode: 'wal' })
  other.exec('begin immediate')
  t.deepEqual(await countsOf(database), [])
  other.exec('rollback')
})

test('a file that another process holds is waited for, and the event loop runs meanwhile', async (t) => {
  const { url, database } = await openEmpty(t, 'sqlite')
  const other = new DatabaseSync(pathOf(url))
  t.teardown(() => other.close())
  other.exec('begin immediate')
  let isDone = false
  const writes = [
    database.query(insert, ['a', 1]),
    database.transact((statements) => statements.query(insert, ['b', 1])),
  ]
  const done = Promise.all(writes).then(() => {
    isDone = true
  })
  for (let turn = 0; turn < 100; turn++) await new Promise((next) => setTimeout(next, 5))
  t.false(isDone)
  other.exec('rollback')
  await done
  t.is((await countsOf(database)).length, 2)
})

test('a file that is held for ever is a fault in time, and works again when it is free', async (t) => {
  const { url, database } = await openEmpty(t, 'sqlite', { deadline: 5_000 })
  const other = new DatabaseSync(pathOf(url))
  t.teardown(() => other.close())
  other.exec('begin immediate')
  const begun = performance.now()
  const works = Array.from({ length: 40 }, (_, at) => [
    database.query(insert, [`a${at}`, 1]),
    database.transact((statements) => statements.query(insert, [`b${at}`, 1])),
  ]).flat()
  for (const { status, ...work } of await Promise.allSettled(works)) {
    t.is(status, 'rejected')
    t.true('reason' in work && work.reason instanceof DatabaseAway)
  }
  t.true(performance.now() - begun < 40_000)
  other.exec('rollback')
  await database.query(insert, ['c', 1])
  t.like(await countsOf(database), [{ name: 'c' }])
})

test.serial('a thread that has died is a fault for those who wait, and replaced for those who come', async (t) => {
  const url = await emptyDatabase(t, 'sqlite')
  const [[thread], database] = await Promise.all([once(process, 'worker'), openAt(t, url)])
  await database.query('create table counts (name text primary key, count bigint not null)')
  const held = database.transact(async (statements) => {
    await statements.query(insert, ['half', 1])
    await Promise.all([(thread as Worker).terminate(), t.throwsAsync(statements.query(insert, ['other half', 1]))])
  })
  await t.throwsAsync(held, { instanceOf: DatabaseAway })
  await database.query(insert, ['after', 1])
  t.deepEqual(await countsOf(database), [{ name: 'after', count: 1 }])
})

test('more than can be done in time is refused at once', async (t) => {
  const { database } = await openEmpty(t, 'sqlite')
  const outcomes = await Promise.allSettled(Array.from({ length: 1_500 }, () => database.query('select 1')))
  const refused = outcomes.filter(({ status }) => status === 'rejected')
  t.is(refused.length, 500)
  t.true(refused.every((each) => 'reason' in each && each.reason instanceof DatabaseAway))
  t.truthy(await database.query('select 1'))
})

test('a statement that takes long holds up nothing but the database', async (t) => {
  const { database } = await openEmpty(t, 'sqlite')
  let turns = 0
  const timer = setInterval(() => turns++, 5)
  t.teardown(() => clearInterval(timer))
  const slow =
    'with recursive n (i) as (select 1 union all select i + 1 from n where i < 3000000) select max(i) as i from n'
  const before = turns
  t.deepEqual(await database.transact((statements) => statements.query(slow)), [{ i: 3_000_000 }])
  t.true(turns - before >= 3)
})

test('a process that has nothing else to do waits for what it asked, and no longer', async (t) => {
  const module = (name: string) => JSON.stringify(new URL(name, import.meta.url).href)
  const script = `
    import { openDatabase } from ${module('../../../src/services/database/open-database.ts')}
    import { settingsOf } from ${module('../accounts/settings.ts')}
    const database = await openDatabase(settingsOf(process.argv[1]))
    await database.query('create table a (b bigint)')
    console.log(await database.query('insert into a (b) values (7) returning b'))`
  const args = ['--input-type=module', '-e', script, await emptyDatabase(t, 'sqlite')]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  t.regex(stdout, /b: 7/)
})
