/** Limits under attack: never more than the policy says, counted at the destination; no two keys in one; memory bounded. */

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { type Gate, openGate } from '../helpers/gate.ts'
import { ask } from '../helpers/raw.ts'
import { type Destination, openDestination } from './destination.ts'
import { issuersPolicy, shopToken } from './issuers.ts'
import { inParallel, write } from './raw-request.ts'

interface Limited {
  readonly gate: Gate
  readonly destination: Destination
}

/** A route for each block of limits, `/0`, `/1` and so on, all before one destination. */
async function openLimited(t: ExecutionContext, limits: readonly string[]): Promise<Limited> {
  const destination = await openDestination()
  const routes = limits.map(
    (block, index) =>
      `  POST /${index}:\n    input: { query: any, body: { type: object, additionalProperties: true } }\n    ${block}`,
  )
  const text = `service: limited
upstream: ${destination.url}
defaults: { authenticate: [{ jwt: { issuers: [shop] } }, public] }
routes:
${routes.join('\n')}
`
  const settings = 'settings: { trustedProxies: [127.0.0.1/32] }\n'
  const gate = await openGate({ 'issuers.yaml': settings + issuersPolicy, 'limited.yaml': text })
  t.teardown(gate.close)
  t.teardown(destination.close)
  return { gate, destination }
}

const post = (target: string, headers = '', body: unknown = {}) =>
  write({ method: 'POST', target, headers: `Content-Type: application/json\r\n${headers}`, body: JSON.stringify(body) })

for (const algorithm of ['token-bucket', 'sliding-window']) {
  for (const by of ['ip', 'user', 'all', "'${body.key}'", "[ip, '${body.key}']"]) {
    test(`of ten times as many parallel requests as a ${algorithm} by ${by} allows, exactly so many arrive`, async (t) => {
      const limit = 25
      const { gate, destination } = await openLimited(t, [
        `rateLimit: [{ by: ${by}, name: one, limit: ${limit}, per: 1h, algorithm: ${algorithm} }]`,
      ])
      const bytes = post('/0', `Authorization: Bearer ${shopToken()}\r\n`, { key: 'k' })
      const statuses = new Map<number, number>()
      await inParallel(Array.from({ length: limit * 10 }), limit * 10, async () => {
        const { status } = await ask(gate.port, bytes)
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
      })
      t.is(destination.arrived.length, limit)
      t.deepEqual([...statuses].sort(), [
        [200, limit],
        [429, limit * 9],
      ])
    })
  }
}

test('limits of one gate are taken all or none, whatever comes at once', async (t) => {
  const { gate, destination } = await openLimited(t, [
    'rateLimit: [{ by: all, name: a, limit: 30, per: 1h }, { by: ip, name: b, limit: 10, per: 1h }]',
  ])
  await inParallel(Array.from({ length: 120 }), 120, (_, index) =>
    ask(gate.port, post('/0', `X-Forwarded-For: 192.0.2.${index % 4}\r\n`)),
  )
  t.is(destination.arrived.length, 30)
})

test('a cost takes its units, and what it does not fit is not begun', async (t) => {
  const { gate, destination } = await openLimited(t, [
    'cost: 3\n    rateLimit: [{ by: all, name: a, limit: 10, per: 1h }]',
  ])
  await inParallel(Array.from({ length: 40 }), 40, () => ask(gate.port, post('/0')))
  t.is(destination.arrived.length, 3)
})

/** Pairs that a careless key would take for one. */
const twins: readonly (readonly [unknown, unknown])[] = [
  ['é', 'e\u0301'],
  ['a', 'A'],
  ['a', 'а'],
  ['a', 'a\u200b'],
  ['', ' '],
  ['\ud800', '\ud801'],
  ['\ud800', '\ufffd'],
  ['1', ['1']],
  [['a', 'b'], ['a,b']],
  [['a', 'b'], ['ab']],
  ['a'.repeat(128), 'a'.repeat(129)],
  ['a'.repeat(5000), `${'a'.repeat(4999)}b`],
  [`${'é'.repeat(200)}x`, `${'é'.repeat(200)}y`],
  ['__proto__', 'constructor'],
  ['list:["a"]', ['a']],
  ['ip:127.0.0.1', undefined],
  ['value:a', 'a'],
]

test('no two values of a key are counted as one', async (t) => {
  const { gate } = await openLimited(t, ["rateLimit: [{ by: '${body.key}', name: key, limit: 1, per: 1h }]"])
  const seen = new Set<string>()
  for (const value of twins.flat()) {
    const written = JSON.stringify({ key: value })
    const { status } = await ask(gate.port, post('/0', '', { key: value }))
    t.is(status, seen.has(written) ? 429 : 200, written.slice(0, 80))
    seen.add(written)
  }
})

test('no parts of a compound key run into one another', async (t) => {
  const { gate } = await openLimited(t, [
    "rateLimit: [{ by: ['${body.a}', '${body.b}', user], name: key, limit: 1, per: 1h }]",
  ])
  const parts = ['', 'a', 'aa', '1:a', '7:value:a', '0:', ':', 'value:', 'a7:value:', '\u0000']
  const pairs = parts.flatMap((a) => parts.map((b) => ({ a, b })))
  for (const pair of pairs) t.is((await ask(gate.port, post('/0', '', pair))).status, 200, JSON.stringify(pair))
  for (const pair of pairs) t.is((await ask(gate.port, post('/0', '', pair))).status, 429, JSON.stringify(pair))
})

test('no issuer and id run into one another, and none is an address', async (t) => {
  const { gate } = await openLimited(t, ['rateLimit: [{ by: user, limit: 1, per: 1h }]'])
  const ids = [
    'a',
    'aa',
    'ip:127.0.0.1',
    '127.0.0.1',
    'user:21:https://shop.example/a',
    '0:a',
    'A',
    'á',
    'a\u0301',
    'x'.repeat(255),
  ]
  const headers = ['', ...ids.map((sub) => `Authorization: Bearer ${shopToken({ sub })}\r\n`)]
  for (const status of [200, 429])
    for (const one of headers) t.is((await ask(gate.port, post('/0', one))).status, status, one)
})

test('a client of IPv6 is its /64, however the address is written; mapped IPv4 is IPv4', async (t) => {
  const { gate, destination } = await openLimited(t, ['rateLimit: [{ by: ip, limit: 1, per: 1h }]'])
  const groups = [
    [
      '2001:db8:1:1::1',
      '2001:db8:1:1:ffff:ffff:ffff:ffff',
      '2001:DB8:1:1:0:0:0:2',
      '[2001:db8:1:1::3]:443',
      '2001:0db8:0001:0001::4',
    ],
    ['2001:db8:1:2::1', '2001:db8:1:2::', '2001:db8:1:2::192.0.2.1'],
    [
      '192.0.2.1',
      '::ffff:192.0.2.1',
      '::ffff:c000:201',
      '[::ffff:192.0.2.1]:80',
      '192.0.2.1:5555',
      '0:0:0:0:0:ffff:192.0.2.1',
    ],
    ['192.0.2.2'],
  ]
  for (const addresses of groups) {
    for (const [index, address] of addresses.entries()) {
      const { status } = await ask(gate.port, post('/0', `X-Forwarded-For: ${address}\r\n`))
      t.is(status, index === 0 ? 200 : 429, address)
    }
  }
  t.is(destination.arrived.length, groups.length)
})

test('a header that names many addresses gives no new quota', async (t) => {
  const { gate, destination } = await openLimited(t, ['rateLimit: [{ by: ip, limit: 1, per: 1h }]'])
  for (let i = 0; i < 20; i++) await ask(gate.port, post('/0', `X-Forwarded-For: 203.0.113.${i}, 192.0.2.9\r\n`))
  t.is(destination.arrived.length, 1)
})

test('a million and a half keys are counted in bounded memory, and the one that is used up stays so', (t) => {
  const flood = fileURLToPath(new URL('flood.ts', import.meta.url))
  const { stdout, stderr } = spawnSync(process.execPath, ['--max-old-space-size=600', flood], { encoding: 'utf8' })
  t.is(stderr, '')
  const { held, megabytes, refused } = JSON.parse(stdout)
  t.log(`${held} keys held in ${Math.round(megabytes)} MB`)
  t.true(held <= 1_000_000)
  t.true(megabytes < 600)
  t.true(refused)
})
