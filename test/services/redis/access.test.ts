/** Who may ask Redis, and who is believed to be Redis: users, their rights, and certificates. */

import test, { type ExecutionContext } from 'ava'
import { StoreAway } from '../../../src/services/redis/store.ts'
import { makeCertificates } from '../../helpers/certificates.ts'
import { startRedis } from '../../helpers/redis-server.ts'
import { until } from '../../helpers/until.ts'
import { answers, ask, open, scriptOf, startServer } from './stores.ts'

const passwordOf = { right: 'p@ss/w:rd?#%&', wrong: 'guess' }
/** What a user needs for limits, and nothing else. */
const limitRights = ['~portcullis:*', '+evalsha', '+eval', '+time', '+mget', '+set']
const withUser = (url: string, password: string) => url.replace('//', `//gate:${encodeURIComponent(password)}@`)

async function startGuarded(t: ExecutionContext, rights: readonly string[]) {
  const server = await startServer(t)
  await server.admin.call('ACL', 'SETUSER', 'gate', 'on', `>${passwordOf.right}`, ...rights)
  return server
}

/** Does what scripts of limits do. */
const limit = scriptOf(
  `redis.call('TIME') redis.call('MGET', KEYS[1]) redis.call('SET', KEYS[1], 'x', 'PX', 1000) return 1`,
)

test('the least rights are enough', async (t) => {
  const { url, admin } = await startGuarded(t, limitRights)
  const { store, world } = await open(t, withUser(url, passwordOf.right))
  t.false(store.isAway)
  t.is(await store.run(limit, ['portcullis:{a}'], []), 1)
  await admin.script('FLUSH')
  t.is(await store.run(limit, ['portcullis:{a}'], []), 1)
  t.deepEqual(world.lines, [])
  const log = (await admin.call('ACL', 'LOG')) as readonly (readonly string[])[]
  // A connection would like to bear a name, and does without.
  t.true(log.every((entry) => entry.includes('client|setname')))
})

for (const right of limitRights)
  test(`without \`${right}\` it is away, and says which right is missing`, async (t) => {
    const { url } = await startGuarded(
      t,
      limitRights.filter((other) => other !== right),
    )
    const { store, world } = await open(t, withUser(url, passwordOf.right))
    t.true(store.isAway)
    await until(() => /NOPERM|can't run this command/.test(world.status.faults.get('state') ?? ''))
  })

test('a wrong password is an outage that names no password, and over when it is right', async (t) => {
  const { url, admin } = await startGuarded(t, limitRights.concat('+incr'))
  const { store, world } = await open(t, withUser(url, passwordOf.wrong))
  t.true(store.isAway)
  await until(() => world.status.faults.has('state'))
  const told = [...world.lines, ...world.status.faults.values()].join('\n')
  t.regex(told, /WRONGPASS/)
  t.false(told.includes(passwordOf.wrong))
  await admin.call('ACL', 'SETUSER', 'gate', `>${passwordOf.wrong}`)
  await until(() => !store.isAway)
  await until(() => answers(store))
})

test('a server that asks for a password is told none by itself', async (t) => {
  const { url } = await startServer(t, ['requirepass hidden'])
  const { store, world } = await open(t, url)
  t.true(store.isAway)
  await until(() => /NOAUTH/.test(world.status.faults.get('state') ?? ''))
  const { store: secret } = await open(t, url.replace('//', '//:hidden@'))
  await until(() => answers(secret))
})

test('rights that are taken away are an outage, and over when they are given back', async (t) => {
  const { url, admin } = await startGuarded(t, limitRights.concat('+incr'))
  const { store, world, logged } = await open(t, withUser(url, passwordOf.right))
  await until(() => answers(store))
  await admin.call('ACL', 'SETUSER', 'gate', '-evalsha')
  t.false(await answers(store))
  await until(() => store.isAway)
  await until(() => world.status.faults.has('state'))
  await admin.call('ACL', 'SETUSER', 'gate', '+evalsha')
  await until(() => !store.isAway)
  await until(() => answers(store))
  t.deepEqual(
    logged().map((line) => line.replace(/:.*/, '')),
    ['redis refuses a script', 'redis does not answer', 'redis answers again'],
  )
})

test('a user who is deleted is out at once, and in again when there is one', async (t) => {
  const { url, admin } = await startGuarded(t, limitRights.concat('+incr'))
  const { store } = await open(t, withUser(url, passwordOf.right))
  await until(() => answers(store))
  await admin.call('ACL', 'DELUSER', 'gate')
  await until(() => store.isAway)
  await t.throwsAsync(ask(store), { instanceOf: StoreAway })
  await admin.call('ACL', 'SETUSER', 'gate', 'on', `>${passwordOf.right}`, '+@all', '~*')
  await until(() => !store.isAway)
  await until(() => answers(store))
})

test('keys of another prefix are out of reach', async (t) => {
  const { url } = await startGuarded(t, limitRights)
  const { store, world } = await open(t, withUser(url, passwordOf.right), { prefix: 'other' })
  t.true(store.isAway)
  await until(() => world.status.faults.has('state'))
})

const certificates = makeCertificates()

test('TLS: a server whose certificate is of the authority is believed, by its name', async (t) => {
  const { port } = await startRedis(t, { certificate: certificates.local })
  const { ca } = certificates
  const byName = await open(t, `rediss://localhost:${port}`, { ca })
  await until(() => answers(byName.store))
  const byServerName = await open(t, `rediss://127.0.0.1:${port}`, { ca, serverName: 'localhost' })
  await until(() => answers(byServerName.store))
  t.pass()
})

test('TLS: another name, another authority, or no TLS at all are refused, and said', async (t) => {
  const secure = await startRedis(t, { certificate: certificates.local })
  const plain = await startRedis(t)
  const { ca } = certificates
  const refused = [
    open(t, `rediss://127.0.0.1:${secure.port}`, { ca }),
    open(t, `rediss://localhost:${secure.port}`, { ca, serverName: 'orders.internal' }),
    open(t, `rediss://localhost:${secure.port}`, { ca: makeCertificates().ca }),
    open(t, `rediss://localhost:${secure.port}`),
    open(t, `rediss://localhost:${plain.port}`, { ca }),
    open(t, `redis://localhost:${secure.port}`),
  ]
  for (const { store, world } of await Promise.all(refused)) {
    t.true(store.isAway)
    await until(() => world.status.faults.has('state'))
    await t.throwsAsync(ask(store), { instanceOf: StoreAway })
    t.regex(store.reason, /certificate|no answer|ECONNRESET/)
  }
})

test('TLS: a server that takes the connection and says nothing does not hold anybody up', async (t) => {
  const { port, kill, start } = await startRedis(t, { certificate: certificates.local })
  const { store } = await open(t, `rediss://localhost:${port}`, { ca: certificates.ca })
  await until(() => answers(store))
  await kill()
  await until(() => store.isAway)
  await start()
  await until(() => !store.isAway)
  await until(() => answers(store))
  t.pass()
})
