/** API keys over real HTTP: who they stand for, when they end on every node, and what made-up ones cost. */

import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { readSettings } from '../../src/policy/settings.ts'
import { type AccountStore, openAccountStore } from '../../src/services/accounts/account-store.ts'
import { newKeyText } from '../../src/services/accounts/api-keys/key-text.ts'
import { createKeyRing } from '../../src/services/accounts/fields/key-ring.ts'
import { systemClock } from '../../src/services/clock.ts'
import type { DatabaseSettings } from '../../src/services/database/settings.ts'
import { randomId } from '../../src/services/random-id.ts'
import { openUpstream } from '../handlers/gate.ts'
import { emptyFolder, type Gate, openGate } from '../helpers/gate.ts'
import { type PostgresServer, startPostgres } from '../helpers/postgres-server.ts'
import { until } from '../helpers/until.ts'
import { codeOf, fieldKey } from './shop.ts'

let postgres: PostgresServer | undefined
test.before('Postgres starts', async () => {
  postgres = await startPostgres()
})
test.after.always('Postgres stops', () => postgres?.stop())

type Kind = 'sqlite' | 'postgres'

const policies = (database: string, upstream: string) => ({
  'shop.yaml': `
settings:
  database: { ${database}, fieldKeys: ['\${secret:identity-test}'], deadline: 20s }
issuers:
  shop: { builtin: true, audience: shop-api, refreshTtl: 30d, scopes: [orders:read, orders:write] }
defaults: { authenticate: apiKey, rateLimit: [{ by: ip, limit: 50000, per: 1m }] }
upstream: ${upstream}
routes:
  GET /me: { authenticate: [jwt, apiKey], builtin: me }
  GET /orders: { scopes: [orders:read] }
  POST /orders: { scopes: [orders:write], input: { body: any } }
  GET /other: { authenticate: { apiKey: { header: X-Shop-Key } } }
  GET /either: { authenticate: [jwt, apiKey, public] }
  GET /open: { authenticate: public }
  GET /lent: { authenticate: [apiKey, public], scopes: [orders:read] }
`,
})

interface Shop {
  readonly store: AccountStore
  readonly account: string
  readonly url: string
  openNode(): Promise<Gate>
}

/** A database with one account, and nodes on it. */
async function openShop(t: ExecutionContext, kind: Kind, server = postgres): Promise<Shop> {
  const url = kind === 'sqlite' ? `sqlite:${join(emptyFolder(), 'portcullis.db')}` : await server?.createDatabase()
  const ca = kind === 'postgres' ? server?.ca : undefined
  const settings: DatabaseSettings | undefined = readSettings({
    database: { url: url ?? '', ...(ca !== undefined && { ca }), deadline: '20s' },
  }).database
  if (settings === undefined) throw new Error('no settings')
  const ring = createKeyRing([Buffer.from(fieldKey.slice('base64:'.length), 'base64')])
  const store = await openAccountStore(settings, { ring, clock: systemClock, randomId })
  t.teardown(() => store.close())
  const given = { username: 'ci', roles: ['robot'], scopes: ['orders:read', 'orders:write', 'elsewhere:read'] }
  const account = await store.accounts.create({ ...given, claims: { plan: 'pro', sid: 'forged' } })
  const upstream = await openUpstream(t, (req, res) => res.end(JSON.stringify(req.headers)))
  const name = `apikeys-${randomId()}`
  process.env[`PORTCULLIS_SECRET_${name.replace('-', '_').toUpperCase()}`] = url
  const database = `url: '\${secret:${name}}'${ca === undefined ? '' : `, ca: ${JSON.stringify(ca)}`}`
  const openNode = async () => {
    const gate = await openGate(policies(database, upstream))
    t.teardown(() => gate.close())
    return gate
  }
  return { store, account: account?.id ?? '', url: url ?? '', openNode }
}

const call = (gate: Gate, path: string, key: string, header = 'X-API-Key') =>
  gate.call('GET', path, { headers: { [header]: key } })

function onBoth(title: string, run: (t: ExecutionContext, kind: Kind) => Promise<void>): void {
  for (const kind of ['sqlite', 'postgres'] as const)
    test(`${kind}: ${title}`, async (t) => {
      t.timeout(180_000)
      await run(t, kind)
    })
}

const make = async ({ store, account }: Shop, scopes: readonly string[], expiresAt?: number) => {
  const made = await store.apiKeys.create({
    account,
    name: 'ci',
    scopes,
    ...(expiresAt !== undefined && { expiresAt }),
  })
  if (made === undefined) throw new Error('no key')
  return made
}

onBoth('a key stands for its account, with the scopes that both of them have as of now', async (t, kind) => {
  const shop = await openShop(t, kind)
  const gate = await shop.openNode()
  const { text } = await make(shop, ['orders:read', 'elsewhere:read', 'made:up'])
  const me = await call(gate, '/me', text)
  t.is(me.status, 200, me.body)
  t.deepEqual(JSON.parse(me.body), { id: shop.account, username: 'ci', scopes: ['orders:read'], roles: ['robot'] })
  const orders = await call(gate, '/orders', text)
  t.is(orders.status, 200, orders.body)
  t.like(JSON.parse(orders.body), {
    'x-user-id': shop.account,
    'x-user-issuer': 'urn:portcullis:shop',
    'x-user-scopes': 'orders:read',
    'x-user-roles': 'robot',
  })
  const write = await gate.call('POST', '/orders', { headers: { 'X-API-Key': text }, body: '{}' })
  t.is(codeOf(write), 'scope_missing')
  await shop.store.change({ account: shop.account, changes: { scopes: ['orders:write'] } })
  await until(async () => (await call(gate, '/orders', text)).status === 403)
})

onBoth('a key goes up to no upstream, in whichever header and on whichever route', async (t, kind) => {
  const shop = await openShop(t, kind)
  const gate = await shop.openNode()
  const { text } = await make(shop, ['orders:read'])
  const other = await call(gate, '/other', text, 'X-Shop-Key')
  t.is(other.status, 200)
  const open = await call(gate, '/open', text, 'X-Anything')
  const within = await call(gate, '/open', `the key is "${text}"`, 'X-Anything')
  const either = await gate.call('GET', '/either', { headers: { 'X-API-Key': text } })
  for (const { status, body } of [other, open, within, either, await call(gate, '/orders', text)]) {
    t.is(status, 200)
    t.false(body.includes(text.slice(8, 40)))
  }
  t.is(codeOf(await call(gate, '/other', text)), 'credential_missing')
})

onBoth('a key that is revoked on one node is refused by the others', async (t, kind) => {
  const shop = await openShop(t, kind)
  const gates = [await shop.openNode(), await shop.openNode()]
  const { key, text } = await make(shop, ['orders:read'])
  for (const gate of gates) t.is((await call(gate, '/orders', text)).status, 200)
  await shop.store.apiKeys.revoke(key.id)
  await assertRefused(t, gates, text)
})

onBoth('the keys of a disabled account are dead, and live again with it', async (t, kind) => {
  const shop = await openShop(t, kind)
  const gates = [await shop.openNode(), await shop.openNode()]
  const { text } = await make(shop, ['orders:read'])
  for (const gate of gates) t.is((await call(gate, '/orders', text)).status, 200)
  await shop.store.accounts.disable(shop.account)
  await assertRefused(t, gates, text)
  await shop.store.accounts.enable(shop.account)
  for (const gate of gates) await until(async () => (await call(gate, '/orders', text)).status === 200)
})

/** They may answer from what they knew for a while, and then not any more. */
async function assertRefused(t: ExecutionContext, gates: readonly Gate[], text: string): Promise<void> {
  for (const gate of gates) {
    await until(async () => (await call(gate, '/orders', text)).status !== 200)
    const answer = await call(gate, '/orders', text)
    t.is(answer.status, 401, answer.body)
    t.is(codeOf(answer), 'credential_invalid')
    t.is(answer.headers['www-authenticate'], 'ApiKey header="X-API-Key"')
  }
}

onBoth('a key is refused from the moment at which it expires', async (t, kind) => {
  const shop = await openShop(t, kind)
  const gate = await shop.openNode()
  const expiresAt = Date.now() + 3_000
  const { text } = await make(shop, ['orders:read'], expiresAt)
  while (true) {
    const before = Date.now()
    const { status } = await call(gate, '/orders', text)
    if (before >= expiresAt) {
      t.is(status, 401)
      break
    }
    t.true(status === 200 || Date.now() >= expiresAt)
  }
})

test('what is no key, or a mistyped one, is refused whatever its form; a bearer token comes first where both are', async (t) => {
  const shop = await openShop(t, 'sqlite')
  const gate = await shop.openNode()
  const { text } = await make(shop, ['orders:read'])
  const flipped = text.slice(0, -1) + (text.endsWith('0') ? '1' : '0')
  const odd = [
    '',
    'x',
    text.slice(0, -1),
    `${text}0`,
    flipped,
    `${text}, ${text}`,
    `Bearer ${text}`,
    text.toUpperCase(),
  ]
  for (const key of [...odd, newKeyText().text, '%00', '\u00e9'.repeat(65), 'pk_live_'.repeat(900)])
    t.is(codeOf(await call(gate, '/orders', key)), 'credential_invalid', key)
  const none = await gate.call('GET', '/orders')
  t.deepEqual([none.status, codeOf(none)], [401, 'credential_missing'])
  t.is(none.headers['www-authenticate'], 'ApiKey header="X-API-Key"')
  const both = { headers: { authorization: 'Bearer x', 'X-API-Key': text } }
  t.is(codeOf(await gate.call('GET', '/either', both)), 'token_invalid')
  const either = await gate.call('GET', '/me')
  t.is(codeOf(either), 'token_missing')
  t.is(either.headers['www-authenticate'], 'Bearer, ApiKey header="X-API-Key"')
  t.is((await gate.call('GET', '/either')).status, 200)
  const lent = await gate.call('GET', '/lent')
  t.is(codeOf(lent), 'credential_missing')
  t.is(lent.headers['www-authenticate'], 'ApiKey header="X-API-Key"')
})

test('while the database is away a key that was asked for just now goes on, and then is 503', async (t) => {
  t.timeout(180_000)
  const server = await startPostgres()
  t.teardown(() => server.stop())
  const shop = await openShop(t, 'postgres', server)
  const gate = await shop.openNode()
  const { text } = await make(shop, ['orders:read'])
  const other = await make(shop, ['orders:read'])
  t.is((await call(gate, '/orders', text)).status, 200)
  await server.kill()
  t.is(codeOf(await call(gate, '/orders', other.text)), 'state_unavailable')
  await until(async () => {
    const answer = await call(gate, '/orders', text)
    t.true(answer.status === 200 || codeOf(answer) === 'state_unavailable', answer.body)
    return answer.status === 503
  })
  t.is(codeOf(await call(gate, '/orders', `${text}x`)), 'credential_invalid')
  await server.start()
  await until(async () => (await call(gate, '/orders', text)).status === 200)
})
