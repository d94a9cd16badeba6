/** Who holds the file of the embedded database: nobody while it is idle, and whoever asks notices nothing of it. */

import { once } from 'node:events'
import { readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate as turn } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import test, { type ExecutionContext } from 'ava'
import { DatabaseAway } from '../../../src/services/database/database.ts'
import { prepareFile } from '../../../src/services/database/sqlite/file.ts'
import { type HolderOptions, idleFor } from '../../../src/services/database/sqlite/holders.ts'
import { SqliteDatabase } from '../../../src/services/database/sqlite/sqlite-database.ts'
import { Agenda } from '../../fixtures/tokens/agenda.ts'
import { emptyDatabase } from '../accounts/stores.ts'
import { countsOf, insert } from './databases.ts'

const create = 'create table counts (name text primary key, count bigint not null)'

async function openFile(
  t: ExecutionContext,
  { onLoop = false, deadline = 20_000 }: HolderOptions & { deadline?: number } = {},
) {
  const path = (await emptyDatabase(t, 'sqlite')).slice('sqlite:'.length)
  await prepareFile(path)
  const agenda = new Agenda()
  const database = new SqliteDatabase(path, deadline, { later: agenda.later, onLoop })
  t.teardown(() => database.close())
  /** The threads that were started since. */
  const threads: Worker[] = []
  const note = (thread: Worker) => void threads.push(thread)
  process.on('worker', note)
  t.teardown(() => process.off('worker', note))
  const elapse = () => agenda.entries.shift()?.run()
  return { path, database, agenda, threads, elapse }
}

/** Opened, asked, and let go. */
async function openIdle(t: ExecutionContext) {
  const opened = await openFile(t)
  await opened.database.query(create)
  const [thread] = opened.threads as [Worker]
  const exit = once(thread, 'exit')
  opened.elapse()
  t.deepEqual(await exit, [0])
  return opened
}

test.serial(
  'the thread ends once nobody has asked for a while, and closes the file; whoever asks next has another',
  async (t) => {
    const { path, database, agenda, threads, elapse } = await openFile(t)
    t.is(threads.length, 0)
    await database.query(create)
    t.deepEqual(
      agenda.entries.map(({ milliseconds }) => milliseconds),
      [idleFor],
    )
    const exit = once(threads[0] as Worker, 'exit')
    elapse()
    t.deepEqual(await exit, [0])
    t.deepEqual(readdirSync(dirname(path)).length, 1, 'no log is left beside the file')
    await database.query(insert, ['a', 1])
    t.is((await countsOf(database)).length, 1)
    t.is(threads.length, 2)
  },
)

test.serial('a transaction that does nothing for long keeps it, and so does one that waits for its turn', async (t) => {
  const { database, agenda, threads } = await openFile(t)
  await database.query(create)
  const gate = Promise.withResolvers<void>()
  const first = database.transact(async (statements) => {
    await statements.query(insert, ['a', 1])
    await gate.promise
    await statements.query(insert, ['b', 1])
  })
  const second = database.query(insert, ['c', 1])
  await countsOf(database)
  t.deepEqual(agenda.entries, [])
  gate.resolve()
  await Promise.all([first, second])
  t.is(agenda.entries.length, 1)
  t.is((await countsOf(database)).length, 3)
  t.is(threads.length, 1)
})

test.serial('a transaction that failed is undone before the thread ends', async (t) => {
  const { database, threads, elapse, agenda } = await openFile(t)
  await database.query(create)
  const failing = database.transact(async (statements) => {
    await statements.query(insert, ['a', 1])
    throw new Error('no')
  })
  await t.throwsAsync(failing, { message: 'no' })
  const exit = once(threads[0] as Worker, 'exit')
  while (agenda.entries.length > 0) {
    elapse()
    await turn()
  }
  t.deepEqual(await exit, [0])
  t.deepEqual(await countsOf(database), [])
  await database.query(insert, ['a', 2])
})

test.serial('of many who ask at the very moment of its end none is lost, and all is done once', async (t) => {
  const { database, threads, elapse } = await openFile(t)
  await database.query(create)
  const asked: Promise<unknown>[] = []
  const ask = (name: string) =>
    asked.push(
      database.query(insert, [name, 1]),
      database.transact((statements) => statements.query(insert, [`${name}-t`, 1])),
      countsOf(database),
    )
  for (let round = 0; round < 15; round++) {
    if (round % 3 === 0) ask(`${round}-before`)
    await Promise.all(asked)
    elapse()
    if (round % 3 === 1) await turn()
    ask(`${round}-after`)
  }
  for (const { status } of await Promise.allSettled(asked)) t.is(status, 'fulfilled')
  t.is((await countsOf(database)).length, 2 * (15 + 5))
  t.true(threads.length >= 15)
})

test.serial('what another process commits meanwhile is seen by whoever asks next', async (t) => {
  const { path, database } = await openIdle(t)
  const other = new DatabaseSync(path)
  other.exec(`insert into counts (name, count) values ('theirs', 7)`)
  t.like(await countsOf(database), [{ name: 'theirs', count: 7 }])
  other.close()
})

test.serial('closed while there is no thread, or while one ends, it says so and starts none', async (t) => {
  const idle = await openIdle(t)
  await idle.database.close()
  await t.throwsAsync(idle.database.query('select 1'), { instanceOf: DatabaseAway, message: /it is closed/ })
  await t.throwsAsync(
    idle.database.transact(async () => {}),
    { instanceOf: DatabaseAway, message: /it is closed/ },
  )
  t.is(idle.threads.length, 1)
  const ending = await openFile(t)
  await ending.database.query(create)
  ending.elapse()
  await ending.database.close()
  t.is((ending.threads[0] as Worker).threadId, -1, 'it has ended')
  t.is(ending.threads.length, 1)
})

test.serial('a file that is gone by then is a fault, is not made anew, and is used when it is back', async (t) => {
  const { path, database } = await openIdle(t)
  renameSync(path, `${path}.away`)
  t.is(await database.dataVersion(), undefined)
  await t.throwsAsync(countsOf(database), { instanceOf: DatabaseAway, message: /unable to open database file/ })
  t.deepEqual(readdirSync(dirname(path)).length, 1)
  renameSync(`${path}.away`, path)
  t.deepEqual(await countsOf(database), [])
  rmSync(path)
})

test.serial('the deadline of an ask holds while the thread starts', async (t) => {
  const { database, threads, elapse } = await openFile(t, { deadline: 1 })
  // No thread starts so fast.
  await t.throwsAsync(database.query('select 1'), { instanceOf: DatabaseAway, message: /no answer within 1 ms/ })
  elapse()
  t.is(threads.length, 1)
})

test.serial(
  'until the start is over there is no thread; from then on there is, and a transaction ends where it began',
  async (t) => {
    const { database, threads } = await openFile(t, { onLoop: true })
    await database.query(create)
    const gate = Promise.withResolvers<void>()
    const begun = database.transact(async (statements) => {
      await statements.query(insert, ['a', 1])
      await gate.promise
      await statements.query(insert, ['b', 1])
    })
    await turn()
    t.is(threads.length, 0)
    database.serve()
    t.deepEqual(await countsOf(database), [])
    t.is(threads.length, 1)
    gate.resolve()
    await begun
    t.is((await countsOf(database)).length, 2)
  },
)

test.serial(
  'at the start a file that another process holds is waited for, and the event loop runs meanwhile',
  async (t) => {
    const { path, database } = await openFile(t, { onLoop: true })
    await database.query(create)
    const other = new DatabaseSync(path)
    t.teardown(() => other.close())
    other.exec('begin immediate')
    let isDone = false
    const done = database.query(insert, ['a', 1]).then(() => {
      isDone = true
    })
    for (let turns = 0; turns < 50; turns++) await new Promise((next) => setTimeout(next, 2))
    t.false(isDone)
    other.exec('rollback')
    await done
  },
)

test.serial('closed at the start, also within a transaction, it is away', async (t) => {
  const { database } = await openFile(t, { onLoop: true })
  await database.query(create)
  const held = database.transact(async (statements) => {
    await statements.query(insert, ['a', 1])
    await database.close()
    await statements.query(insert, ['b', 1])
  })
  await t.throwsAsync(held, { instanceOf: DatabaseAway })
  await t.throwsAsync(database.query('select 1'), { instanceOf: DatabaseAway })
})

test.serial(
  'the version of the data is another after every commit, and the same whoever opens, reads and closes',
  async (t) => {
    const { path, database } = await openIdle(t)
    const tag = async () => (await database.dataVersion())?.tag
    const before = await tag()
    t.truthy(before)
    await countsOf(database)
    t.is(await tag(), before)
    const other = new DatabaseSync(path)
    t.is(await tag(), before)
    other.exec(`insert into counts (name, count) values ('theirs', 7)`)
    const committed = await tag()
    t.not(committed, before)
    other.close()
    t.is(await tag(), committed, 'the log stays while the thread has the file open')
  },
)
