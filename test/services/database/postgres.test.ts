/** Postgres that goes away, hangs, lets nobody in, or is not who it says: a fault in time, and work again afterwards. */

import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { StartFault } from '../../../src/core/start-fault.ts'
import { type Database, DatabaseAway } from '../../../src/services/database/database.ts'
import type { DatabaseSettings } from '../../../src/services/database/settings.ts'
import { makeCertificates } from '../../helpers/certificates.ts'
import { freePort } from '../../helpers/free-port.ts'
import { until } from '../../helpers/until.ts'
import { usePostgres } from '../accounts/stores.ts'
import { countsOf, insert, openAt, openEmpty } from './databases.ts'

const server = usePostgres()

/** Milliseconds: short, and long enough to connect on a machine that is busy otherwise. */
const deadline = 5_000
/** Milliseconds that a fault may take on a machine that is busy otherwise. */
const bound = 30_000

async function fails(t: ExecutionContext, work: Promise<unknown>): Promise<DatabaseAway | undefined> {
  const begun = performance.now()
  const error = await t.throwsAsync(work, { instanceOf: DatabaseAway })
  t.true(performance.now() - begun < bound)
  t.false(`${error?.stack}${JSON.stringify(error)}`.includes(server().password))
  return error
}

const answers = (database: Database): Promise<boolean> =>
  database.query('select 1').then(
    () => true,
    () => false,
  )

/** The server to be ended and frozen: in turn, before all other tests. */
async function useAlone(t: ExecutionContext, given: Partial<DatabaseSettings> = {}) {
  const { freeze, thaw, kill, start } = server()
  t.teardown(thaw)
  const { database } = await openEmpty(t, 'postgres', given)
  return { database, freeze, thaw, kill, start }
}

test.serial(
  'a server that is killed in the middle of transactions is a fault, and nothing of them stays',
  async (t) => {
    const { database, kill, start } = await useAlone(t)
    const under = Promise.withResolvers<void>()
    const held = database.transact(async (statements) => {
      await statements.query(insert, ['half', 1])
      under.resolve()
      await kill()
      await statements.query(insert, ['other half', 1])
    })
    await under.promise
    await fails(t, held)
    await Promise.all(Array.from({ length: 30 }, () => fails(t, database.query('select 1'))))
    await fails(
      t,
      database.transact(async () => {}),
    )
    await start()
    await until(() => answers(database))
    t.deepEqual(await countsOf(database), [])
    await Promise.all(Array.from({ length: 30 }, (_, at) => database.query(insert, [`after${at}`, at])))
    t.is((await countsOf(database)).length, 30)
  },
)

test.serial(
  'a server that stands still is a fault in time, for those in the middle, those who wait and those who come',
  async (t) => {
    const { database, freeze, thaw } = await useAlone(t, { deadline })
    const under = Promise.withResolvers<void>()
    const held = database.transact(async (statements) => {
      await statements.query(insert, ['half', 1])
      under.resolve()
      freeze()
      await statements.query(insert, ['other half', 1])
    })
    await under.promise
    await Promise.all([fails(t, held), ...Array.from({ length: 50 }, () => fails(t, database.query('select 1')))])
    thaw()
    await until(() => answers(database))
    t.deepEqual(await countsOf(database), [])
  },
)

test.serial('a commit of which nobody knows is a fault, and the database has all of it or nothing', async (t) => {
  const { database, freeze, thaw } = await useAlone(t, { deadline })
  await fails(
    t,
    database.transact(async (statements) => {
      for (const name of ['a', 'b']) await statements.query(insert, [name, 1])
      freeze()
    }),
  )
  thaw()
  await until(() => answers(database))
  t.true([0, 2].includes((await countsOf(database)).length))
})

test('a statement that takes too long is ended by the server, and holds no lock any more', async (t) => {
  const { database } = await openEmpty(t, 'postgres', { deadline })
  await fails(
    t,
    database.transact(async (statements) => {
      await statements.query(insert, ['a', 1])
      await statements.query('select pg_sleep(60)')
    }),
  )
  await database.query(insert, ['a', 2])
  t.like(await countsOf(database), [{ count: 2 }])
})

test('who waits for a row that another node holds gets a fault in time', async (t) => {
  const { database, url } = await openEmpty(t, 'postgres', { deadline })
  const other = await openAt(t, url)
  await database.query(insert, ['a', 1])
  const done = Promise.withResolvers<void>()
  const held = other.transact(async (statements) => {
    await statements.query(`select name from counts where name = 'a' for update`)
    await done.promise
  })
  await until(async () => (await other.query(`select pid from pg_locks where mode = 'RowShareLock'`)).length > 0)
  await fails(t, database.query(`update counts set count = 3 where name = 'a'`)).finally(done.resolve)
  await held
  await database.query(`update counts set count = 4 where name = 'a'`)
})

test('a node that stands still in a transaction does not hold its rows for ever', async (t) => {
  const { database, url } = await openEmpty(t, 'postgres', { deadline })
  const other = await openAt(t, url)
  await other.query(insert, ['a', 1])
  const [locked, done] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const held = database.transact(async (statements) => {
    await statements.query(`update counts set count = 2 where name = 'a'`)
    locked.resolve()
    await done.promise
  })
  await locked.promise
  await other.query(`update counts set count = 3 where name = 'a'`).finally(done.resolve)
  await fails(t, held)
  t.like(await countsOf(other), [{ count: 3 }])
})

test('a connection that the server ends is replaced, in use or not', async (t) => {
  const { database, url } = await openEmpty(t, 'postgres')
  const others = 'from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()'
  const end = () => server().ask(url, `select pg_terminate_backend(pid) ${others}`)
  await end()
  await until(() => answers(database))
  await fails(
    t,
    database.transact(async (statements) => {
      await statements.query(insert, ['a', 1])
      await end()
      await statements.query(insert, ['b', 1])
    }),
  )
  t.deepEqual(await countsOf(database), [])
})

test('more work than connections waits its turn', async (t) => {
  const { database } = await openEmpty(t, 'postgres')
  await Promise.all(Array.from({ length: 500 }, (_, at) => database.query(insert, [`name${at}`, at])))
  t.is((await countsOf(database)).length, 500)
})

test('more than can be done in time is refused at once', async (t) => {
  const { database } = await openEmpty(t, 'postgres')
  const asked = Array.from({ length: 1_500 }, () => database.query('select 1'))
  const outcomes = await Promise.allSettled(asked)
  const refused = outcomes.filter(({ status }) => status === 'rejected')
  t.true(refused.length > 0 && refused.length <= 500)
  t.true(refused.every((each) => 'reason' in each && each.reason instanceof DatabaseAway))
})

test('a password that is wrong, a database that is missing, a port where nobody listens: nothing starts', async (t) => {
  const url = await server().createDatabase()
  const wrong = url.replace(/:[^:@/]+@/, ':guess@')
  const refused = [
    [wrong, /password authentication failed/],
    [url.replace(/test\d+$/, 'missing'), /database "missing" does not exist/],
    [url.replace(/:\d+\//, `:${await freePort()}/`), /ECONNREFUSED/],
  ] as const
  for (const [at, reason] of refused) {
    const error = await t.throwsAsync(openAt(t, at), { instanceOf: StartFault, message: reason })
    t.regex(error?.message ?? '', /^the database `localhost:\d+\/\w+` cannot be used: /)
    t.false(/guess|p@ss/.test(error?.message ?? ''))
  }
})

test('a server that only reads is away', async (t) => {
  const { database, url } = await openEmpty(t, 'postgres')
  const name = url.slice(url.lastIndexOf('/') + 1)
  await server().ask(url, `alter database ${name} set default_transaction_read_only = on`)
  const reader = await openAt(t, url)
  const error = await fails(t, reader.query(insert, ['a', 1]))
  t.regex(error?.message ?? '', /read-only transaction/)
  t.truthy(database)
})

test('a certificate is believed by its authority and its name, and by nothing else', async (t) => {
  const url = await server().createDatabase()
  const { ca } = server()
  t.true(await answers(await openAt(t, url)))
  t.true(await answers(await openAt(t, url.replace('localhost', '127.0.0.1'), { serverName: 'localhost' })))
  for (const [at, given] of [
    [url, { ca: undefined }],
    [url, { ca: makeCertificates().ca }],
    [url, { ca, serverName: 'orders.internal' }],
    [url.replace('localhost', '127.0.0.1'), { ca }],
  ] as const)
    await t.throwsAsync(openAt(t, at, given), { instanceOf: StartFault, message: /certificate|altnames|issuer/i })
})

test('nothing is sent in clear to a server that has no TLS, or to one that takes none', async (t) => {
  const url = await server().createDatabase()
  await t.throwsAsync(openAt(t, `${url}?sslmode=disable`), { instanceOf: StartFault, message: /no encryption/ })
  const { port, heard } = await startListener(t, 'N')
  await t.throwsAsync(openAt(t, url.replace(/:\d+\//, `:${port}/`)), {
    instanceOf: StartFault,
    message: /does not support SSL/,
  })
  t.is(heard(), '\x00\x00\x00\x08\x04\xd2\x16/')
})

test('a server that takes the connection and says nothing holds nobody up', async (t) => {
  const url = await server().createDatabase()
  const { port } = await startListener(t, '')
  const begun = performance.now()
  const silent = openAt(t, url.replace(/:\d+\//, `:${port}/`), { deadline })
  await t.throwsAsync(silent, { instanceOf: StartFault })
  t.true(performance.now() - begun < bound)
})

/** Answers the first bytes with a text, and keeps what it hears. */
async function startListener(t: ExecutionContext, answer: string) {
  let text = ''
  const sockets = new Set<Socket>()
  const listener = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', (data) => {
      text += data.toString('latin1')
      socket.write(answer)
    })
  }).listen(0, 'localhost')
  await once(listener, 'listening')
  t.teardown(() => {
    listener.close()
    for (const socket of sockets) socket.destroy()
  })
  const address = listener.address()
  return { port: typeof address === 'object' ? (address?.port ?? 0) : 0, heard: () => text }
}

test.serial('a store that closes while its server hangs does not wait for it', async (t) => {
  const { database, freeze } = await useAlone(t, { deadline })
  freeze()
  const begun = performance.now()
  await database.close()
  t.true(performance.now() - begun < bound)
})
