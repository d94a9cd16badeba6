/** A Postgres that asks for a certificate: what is shown, what is said without one, and credentials that are rotated. */

import test, { type ExecutionContext } from 'ava'
import { StartFault } from '../../../src/core/start-fault.ts'
import { type Database, DatabaseAway } from '../../../src/services/database/database.ts'
import type { DatabaseSettings } from '../../../src/services/database/settings.ts'
import { type Certificates, makeCertificates } from '../../helpers/certificates.ts'
import { startPostgres } from '../../helpers/postgres-server.ts'
import { until } from '../../helpers/until.ts'
import { settingsOf } from '../accounts/settings.ts'
import { openAt } from './databases.ts'

const [first, second] = [makeCertificates(), makeCertificates()]
const both = 'scram-sha-256 clientcert=verify-full'

/** `shown` are the settings with the certificate of one authority. */
async function openAsking(t: ExecutionContext, access: string) {
  t.timeout(180_000)
  const server = await startPostgres()
  t.teardown(() => server.stop())
  const url = await server.createDatabase()
  await server.demand(access, first)
  const shown = ({ gate }: Certificates): Partial<DatabaseSettings> => ({ ca: server.ca, ...gate })
  const signIn = (database: Database, given: Partial<DatabaseSettings>, at = url) =>
    database.signIn(settingsOf(at, given))
  return { server, url, shown, signIn }
}

/** So many connections at once as need a new one beside those that are open. */
const crowd = (database: Database, size = 10) =>
  Promise.all(
    Array.from({ length: size }, () =>
      database.query<{ readonly pid: number }>('select pg_backend_pid() as pid, pg_sleep(0.2)'),
    ),
  )

const answers = (database: Database): Promise<boolean> =>
  database.query('select 1').then(
    () => true,
    () => false,
  )

/** The serial numbers of what the connections of the database have shown. */
const serials = async (database: Database): Promise<readonly unknown[]> =>
  (
    await database.query<{ readonly serial: string }>(
      `select distinct client_serial::text as serial from pg_stat_ssl join pg_stat_activity using (pid)
       where datname = current_database() and application_name = 'portcullis' order by 1`,
    )
  ).map(({ serial }) => serial)

async function refuses(t: ExecutionContext, work: Promise<unknown>, message: RegExp): Promise<void> {
  const error = await t.throwsAsync(work, { instanceOf: StartFault, message })
  const told = `${error?.stack}${JSON.stringify(error)}${error?.cause}`
  for (const { gate } of [first, second])
    for (const line of gate.key.split('\n').slice(1, 3)) t.false(told.includes(line))
  t.false(told.includes('p@ss'))
}

test('shows its certificate, and is refused without one, with another, and with another name', async (t) => {
  const { server, url, shown } = await openAsking(t, both)
  t.true(await answers(await openAt(t, url, shown(first))))
  const none = { ca: server.ca }
  await refuses(t, openAt(t, url, none), /client certificate/i)
  await refuses(t, openAt(t, url, shown(second)), /unknown ca|ECONNRESET|EPIPE|terminated/i)
  await refuses(t, openAt(t, url, { ...none, ...first.local }), /authentication failed/i)
  await refuses(t, openAt(t, url.replace(/:[^:@/]+@/, ':guess@'), shown(first)), /password authentication failed/)
})

test('a certificate stands in for a password where the server takes it', async (t) => {
  const { url, shown } = await openAsking(t, 'cert')
  const alone = url.replace(/:[^:@/]+@/, '@')
  t.true(await answers(await openAt(t, alone, shown(first))))
  await refuses(t, openAt(t, alone, { ca: shown(first).ca }), /client certificate/i)
})

test('what is open answers on, and whoever dials shows the certificate that was rotated', async (t) => {
  const { server, url, shown, signIn } = await openAsking(t, both)
  const database = await openAt(t, url, shown(first))
  const [{ pid } = { pid: 0 }] = await database.query<{ pid: number }>('select pg_backend_pid() as pid')
  const [old] = await serials(database)
  signIn(database, shown(second))
  t.deepEqual(await database.query('select pg_backend_pid() as pid'), [{ pid }])
  await server.demand(both, second)
  t.deepEqual(await database.query('select pg_backend_pid() as pid'), [{ pid }])
  const pids = new Set((await crowd(database)).flat().map((row) => row.pid))
  t.is(pids.size, 10)
  t.true(pids.has(pid))
  const all = await serials(database)
  t.is(all.length, 2)
  t.true(all.includes(old))
  await refuses(t, openAt(t, url, shown(first)), /unknown ca|ECONNRESET|EPIPE|terminated/i)
})

test('another authority counts for whoever dials next, another place for nobody', async (t) => {
  const { server, url, shown, signIn } = await openAsking(t, both)
  const database = await openAt(t, url, shown(first))
  const other = await server.createDatabase()
  for (const [given, at] of [
    [{ ...shown(first), ca: second.ca }, other],
    [{ ...shown(first), ca: second.ca, serverName: 'orders.internal' }, url],
    [{ ca: second.ca }, 'sqlite:elsewhere.db'],
  ] as const) {
    signIn(database, given, at)
    await crowd(database)
  }
  const next = await openAt(t, url, shown(first))
  signIn(next, { ...shown(first), ca: second.ca })
  t.true(await answers(next))
  const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => next.query('select pg_sleep(0.2)')))
  const reasons = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
  t.is(reasons.length, 4)
  t.true(reasons.every((each) => each instanceof DatabaseAway && /certificate/.test(each.message)))
})

test('comes back by itself where the server was told of the password first', async (t) => {
  const { server, url, shown, signIn } = await openAsking(t, both)
  const database = await openAt(t, url, shown(first))
  const rotated = url.replace(/:[^:@/]+@/, ':one%20%2541%20two@')
  await server.ask(url, `alter role gate password 'one %41 two'`)
  const ours = `from pg_stat_activity where application_name = 'portcullis'`
  await server.ask(rotated, `select pg_terminate_backend(pid) ${ours}`)
  await until(async () => !(await answers(database)))
  t.false(await answers(database))
  signIn(database, shown(first), rotated)
  await until(() => answers(database))
  t.is((await crowd(database)).length, 10)
})
