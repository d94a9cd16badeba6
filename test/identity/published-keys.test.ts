/** The published keys over real HTTP: with every algorithm, kept by caches, and another set as soon as keys rotate. */

import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { readSettings } from '../../src/policy/settings.ts'
import { type Algorithm, algorithms, isSymmetric } from '../../src/services/keys/algorithm.ts'
import { mintToken } from '../../src/services/keys/mint.ts'
import { makeSigningKey } from '../../src/services/keys/stored/make-key.ts'
import { emptyFolder, type Gate, openGate } from '../helpers/gate.ts'
import { headerOf, ThirdParty } from './site.ts'

process.env.PORTCULLIS_SECRET_PUBLISHED_TEST = randomBytes(32).toString('hex')

const policies = (file: string, issuer: string) => ({
  'shop.yaml': `
settings:
  database: { url: 'sqlite:${file}', fieldKeys: ['\${secret:published-test}'], deadline: 20s }
issuers:
  shop: { builtin: true, audience: shop-api, refreshTtl: 30d${issuer} }
defaults: { authenticate: public, rateLimit: [{ by: ip, limit: 5000, per: 1m }] }
routes:
  GET /jwks.json: { builtin: jwks }
  GET /orders: { authenticate: jwt, reply: { status: 200, body: { plan: yes } } }
`,
})

interface Opened {
  readonly gate: Gate
  mint(): string
  rotate(algorithm?: Algorithm): Promise<void>
}

async function open(t: ExecutionContext, issuer = ''): Promise<Opened> {
  const file = join(emptyFolder(), 'portcullis.db')
  const gate = await openGate(policies(file, issuer))
  t.teardown(() => gate.close())
  const { database } = readSettings({ database: `sqlite:${file}` })
  if (database === undefined) throw new Error('no settings')
  // Those of the gate: it has them open.
  const { keys, store } = await gate.world.accounts.open(database, true)
  const block = { builtin: true, audience: 'shop-api' } as const
  return {
    gate,
    mint: () =>
      mintToken({ name: 'shop', block, sub: 'alice', scopes: ['a'] }, keys.of('shop').current(), gate.world.clock),
    rotate: async (algorithm = 'ES256') => {
      const known = await store.signingKeys.list('shop')
      const [from = '', to = ''] = ['current', 'next'].map((state) => known.find((key) => key.state === state)?.kid)
      await store.signingKeys.rotate('shop', { from, to, fresh: await makeSigningKey(algorithm) })
    },
  }
}

const statusOf = async ({ gate }: Opened, token: string) =>
  (await gate.call('GET', '/orders', { headers: { authorization: `Bearer ${token}` } })).status
const thirdParty = ({ gate }: Opened) => new ThirdParty([{ url: gate.url }])

for (const algorithm of algorithms)
  test(`tokens that are signed with ${algorithm} are accepted here, and by third parties unless the key is shared`, async (t) => {
    t.timeout(180_000)
    const opened = await open(t, `, algorithms: [${algorithm}]`)
    const token = opened.mint()
    t.is(headerOf(token).alg as string, algorithm)
    t.is(await statusOf(opened, token), 200)
    const forged = `${token.slice(0, -6)}${token.endsWith('AAAAAA') ? 'BBBBBB' : 'AAAAAA'}`
    t.is(await statusOf(opened, forged), 401)
    const { body } = await opened.gate.call('GET', '/jwks.json')
    if (isSymmetric(algorithm)) return t.is(body, '{"keys":[]}')
    t.deepEqual(
      JSON.parse(body).keys.map(({ alg }: { alg: string }) => alg),
      [algorithm, algorithm],
    )
    const claims = await thirdParty(opened).verify(token)
    return t.is(claims.sub, 'alice')
  })

test('caches may keep the published keys for five minutes, and ask whether they are others', async (t) => {
  t.timeout(180_000)
  const opened = await open(t)
  const ask = (headers = {}) => opened.gate.call('GET', '/jwks.json', { headers })
  const first = await ask()
  const { etag = '' } = first.headers
  t.is(first.headers['cache-control'], 'public, max-age=300')
  t.is(first.headers['content-type'], 'application/jwk-set+json')
  t.regex(etag, /^"[\w-]{43}"$/)
  for (const known of [etag, `"other", W/${etag}`, '*']) {
    const again = await ask({ 'if-none-match': known })
    t.deepEqual([again.status, again.body, again.headers.etag], [304, '', etag])
    t.is(again.headers['cache-control'], 'public, max-age=300')
  }
  t.is((await ask({ 'if-none-match': '"other"' })).status, 200)
  await opened.rotate()
  let next = await ask({ 'if-none-match': etag })
  // It is read at most once a second.
  while (next.status === 304) next = await ask({ 'if-none-match': etag })
  t.is(next.status, 200)
  t.not(next.headers.etag, etag)
  t.is(JSON.parse(next.body).keys.length, 3)
})

test('a reload goes on with the keys, and a rotation needs none', async (t) => {
  t.timeout(180_000)
  const opened = await open(t)
  const token = opened.mint()
  await opened.gate.reload()
  t.is(await statusOf(opened, token), 200)
  await opened.rotate()
  await opened.rotate()
  let next = opened.mint()
  while (headerOf(next).kid === headerOf(token).kid) {
    await opened.gate.call('GET', '/jwks.json')
    next = opened.mint()
  }
  for (const each of [token, next]) t.is(await statusOf(opened, each), 200)
  await opened.gate.reload()
  for (const each of [token, next]) t.is(await statusOf(opened, each), 200)
})
