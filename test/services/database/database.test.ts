/** One statement or many, wholly or not at all: what both databases keep to. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { StartFault } from '../../../src/core/start-fault.ts'
import type { Database } from '../../../src/services/database/database.ts'
import { DatabaseAway } from '../../../src/services/database/database.ts'
import { type Migration, migrate } from '../../../src/services/database/migrate.ts'
import { emptyDatabase, onBoth, usePostgres } from '../accounts/stores.ts'
import { countsOf, insert, openAt, openEmpty } from './databases.ts'

const server = usePostgres()

onBoth('values come back as they went in', async (t, kind) => {
  const { database } = await openEmpty(t, kind)
  const names = ['', "' or 1=1 --", '$1 ?1 :a', 'ünï😀', '\\x41', 'a\nb', 'x'.repeat(2_000)]
  const counts = [0, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 1_790_000_000_000, 1, 2]
  for (const [at, name] of names.entries()) await database.query(insert, [name, counts[at] ?? 0])
  for (const [at, name] of names.entries())
    t.deepEqual(await database.query('select name, count from counts where name = $1', [name]), [
      { name, count: counts[at] },
    ])
  t.is((await countsOf(database)).length, names.length)
})

onBoth('a text that not both can keep is kept alike', async (t, kind) => {
  const { database } = await openEmpty(t, kind)
  for (const [name, kept] of [
    ['a\0b', 'a\ufffdb'],
    ['a\ud800', 'a\ufffd'],
  ] as const) {
    t.deepEqual(await database.query('select name from counts where name = $1', [name]), [])
    await database.query(insert, [name, 1])
    t.deepEqual(await database.query('select name from counts where name = $1', [kept]), [{ name: kept }])
  }
})

onBoth('a value of another type is refused, and so is a wrong statement', async (t, kind) => {
  const { database } = await openEmpty(t, kind)
  for (const [sql, values] of [
    [insert, ['a', 'many']],
    [insert, [null, 1]],
    ['select nothing from nowhere', []],
  ] as const) {
    const error = await t.throwsAsync(database.query(sql, values))
    t.false(error instanceof DatabaseAway)
  }
  t.deepEqual(await countsOf(database), [])
})

onBoth('a transaction is done wholly, or not at all', async (t, kind) => {
  const { database } = await openEmpty(t, kind)
  const result = await database.transact(async (statements) => {
    await statements.query(insert, ['a', 1])
    return (await statements.query('select name from counts')).length
  })
  t.is(result, 1)
  const fault = new Error('mine')
  const thrown = await t.throwsAsync(
    database.transact(async (statements) => {
      await statements.query(insert, ['b', 2])
      throw fault
    }),
  )
  t.is(thrown, fault)
  t.deepEqual(await countsOf(database), [{ name: 'a', count: 1 }])
})

onBoth('nothing is kept of a transaction of which a statement failed, whoever caught that', async (t, kind) => {
  const { database } = await openEmpty(t, kind)
  await t.throwsAsync(
    database.transact(async (statements) => {
      await statements.query(insert, ['a', 1])
      await statements.query(insert, ['a', 2]).catch(() => {})
    }),
  )
  t.deepEqual(await countsOf(database), [])
  await database.query(insert, ['a', 3])
})

onBoth('what is asked of a transaction that is over is refused', async (t, kind) => {
  const { database } = await openEmpty(t, kind)
  const kept = await database.transact(async (statements) => statements)
  await t.throwsAsync(kept.query(insert, ['a', 1]), { message: 'the transaction is over' })
  t.deepEqual(await countsOf(database), [])
})

onBoth('what is under way is seen by nobody else', async (t, kind) => {
  const { database, url } = await openEmpty(t, kind)
  const other = await openAt(t, url)
  await database.transact(async (statements) => {
    await statements.query(insert, ['a', 1])
    t.deepEqual(await countsOf(database), [])
    t.deepEqual(await countsOf(other), [])
  })
  t.is((await countsOf(other)).length, 1)
})

onBoth('a row that is read to be changed is changed by one at a time', async (t, kind) => {
  const { database, url } = await openEmpty(t, kind)
  const other = await openAt(t, url)
  await database.query(insert, ['a', 0])
  const add = (to: Database) =>
    to.transact(async (statements) => {
      const [row] = await statements.query<{ count: number }>(`select count from counts where name = 'a' for update`)
      await statements.query(`update counts set count = $1 where name = 'a'`, [(row?.count ?? 0) + 1])
    })
  await Promise.all(Array.from({ length: 100 }, (_, at) => add(at % 2 ? database : other)))
  t.like(await countsOf(database), [{ count: 100 }])
})

onBoth('two that hold what the other wants both get through', async (t, kind) => {
  const { database, url } = await openEmpty(t, kind)
  const other = await openAt(t, url)
  for (const name of ['a', 'b']) await database.query(insert, [name, 0])
  let meeting = Promise.withResolvers<void>()
  let come = 0
  const both = async (of: Database, names: readonly string[]) => {
    await of.transact(async (statements) => {
      for (const name of names) {
        await statements.query('update counts set count = count + 1 where name = $1', [name])
        // On Postgres both hold one before they ask for the other.
        if (++come === 2) meeting.resolve()
        if (kind === 'postgres') await meeting.promise
      }
    })
  }
  for (let round = 0; round < 3; round++) {
    ;[meeting, come] = [Promise.withResolvers<void>(), 0]
    await Promise.all([both(database, ['a', 'b']), both(other, ['b', 'a'])])
  }
  t.like(await countsOf(database), [{ count: 6 }, { count: 6 }])
})

onBoth('a database that is closed says so', async (t, kind) => {
  const { database } = await openEmpty(t, kind)
  await database.close()
  await database.close()
  await t.throwsAsync(database.query('select 1'), { instanceOf: DatabaseAway })
  await t.throwsAsync(
    database.transact(async () => {}),
    { instanceOf: DatabaseAway },
  )
})

const step = (number: number, ...statements: readonly string[]): Migration => ({
  number,
  name: `${number}`,
  statements,
})
const steps = [
  step(1, 'create table one (id text primary key)'),
  step(2, 'create table two (id text primary key, at bigint not null)', `insert into one (id) values ('x')`),
]

onBoth('migrations are applied in their order, each of them once', async (t, kind) => {
  const database = await openAt(t, await emptyDatabase(t, kind))
  await migrate(database, steps.slice(0, 1), 5)
  await migrate(database, steps, 7)
  await migrate(database, steps, 9)
  t.deepEqual(
    await database.query('select number, name, applied_at as at from portcullis_migrations order by number'),
    [
      { number: 1, name: '1', at: 5 },
      { number: 2, name: '2', at: 7 },
    ],
  )
  t.is((await database.query('select id from one')).length, 1)
})

onBoth('many who apply migrations at once apply each of them once', async (t, kind) => {
  const url = await emptyDatabase(t, kind)
  const databases = await Promise.all(Array.from({ length: 8 }, () => openAt(t, url)))
  await Promise.all(databases.map((database) => migrate(database, steps, 5)))
  t.is((await databases[0]?.query('select number from portcullis_migrations'))?.length, 2)
})

onBoth('of migrations of which one fails, none is applied', async (t, kind) => {
  const database = await openAt(t, await emptyDatabase(t, kind))
  await t.throwsAsync(migrate(database, [...steps, step(3, 'create nonsense')], 5))
  await migrate(database, steps, 5)
  t.is((await database.query('select id from one')).length, 1)
})

onBoth('a schema that a newer version has made is left alone', async (t, kind) => {
  const database = await openAt(t, await emptyDatabase(t, kind))
  await migrate(database, [...steps, step(3, 'create table three (id text primary key)')], 5)
  await t.throwsAsync(migrate(database, steps, 5), {
    instanceOf: StartFault,
    message: 'the database has schema 3, and this version knows 2: start the version that wrote it, or a newer one',
  })
})

onBoth('processes that start at once on an empty database all have its schema', async (t, kind) => {
  const url = await emptyDatabase(t, kind)
  const script = fileURLToPath(new URL('../accounts/start-store.ts', import.meta.url))
  const starts = Array.from({ length: 4 }, async (_, at) => {
    const args = [script, url, kind === 'postgres' ? server().ca : '', `user${at}`]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    t.teardown(() => child.kill('SIGKILL'))
    const [code] = await once(child, 'exit')
    return code
  })
  t.deepEqual(await Promise.all(starts), [0, 0, 0, 0])
  const database = await openAt(t, url)
  t.is((await database.query('select id from portcullis_accounts')).length, 4)
  t.is((await database.query('select id from portcullis_index_roots')).length, 1)
})
