import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { Denial } from '../../../src/core/denial.ts'
import { Jwks } from '../../../src/services/keys/jwks.ts'
import type { TokenVerifier } from '../../../src/services/keys/verifier.ts'
import { Agenda } from '../../fixtures/tokens/agenda.ts'
import { craft } from '../../fixtures/tokens/craft.ts'
import { jwk, otherRsa, p256, rsa } from '../../fixtures/tokens/keys.ts'
import { openCorp, type World, worldOf } from '../../fixtures/tokens/open.ts'
import { type Publisher, startPublisher } from '../../fixtures/tokens/publisher.ts'

interface Bench {
  readonly publisher: Publisher
  readonly agenda: Agenda
  readonly world: World
  readonly verifier: TokenVerifier
}

const a = jwk(rsa, { kid: 'a' })
const b = jwk(otherRsa, { kid: 'b' })
const tokenA = craft({ algorithm: 'RS256', key: rsa.privateKey, header: { kid: 'a' } })
const tokenB = craft({ algorithm: 'RS256', key: otherRsa.privateKey, header: { kid: 'b' } })

async function open(
  t: ExecutionContext,
  keys: readonly unknown[],
  prepare?: (publisher: Publisher) => void,
): Promise<Bench> {
  const [publisher, agenda] = [await startPublisher(t, keys), new Agenda()]
  prepare?.(publisher)
  const world = worldOf({ later: agenda.later })
  const verifier = await openCorp({ algorithms: ['RS256', 'ES256'], jwks: publisher.url }, world)
  t.teardown(() => verifier.close())
  return { publisher, agenda, world, verifier }
}

const codeOf = async (verdict: ReturnType<TokenVerifier['verify']>) => {
  const settled = await verdict
  return settled instanceof Denial ? settled.code : 'ok'
}

test('fetches the keys at the start, and then answers at once', async (t) => {
  const { publisher, verifier, world } = await open(t, [a])
  const verdict = verifier.verify(tokenA)
  t.false(verdict instanceof Promise)
  t.is(await codeOf(verdict), 'ok')
  t.is(publisher.asked, 1)
  t.is(world.status.faults.size, 0)
})

test('fetches anew for an unknown kid, once a cooldown', async (t) => {
  const { publisher, verifier, world } = await open(t, [a])
  publisher.publish([a, b])
  t.is(await codeOf(verifier.verify(tokenB)), 'ok')
  t.is(publisher.asked, 2)
  const unknown = craft({ algorithm: 'RS256', key: rsa.privateKey, header: { kid: 'c' } })
  world.clock.pass(29_999)
  t.is(await codeOf(verifier.verify(unknown)), 'token_invalid')
  t.is(publisher.asked, 2)
  world.clock.pass(1)
  t.is(await codeOf(verifier.verify(unknown)), 'token_invalid')
  t.is(publisher.asked, 3)
})

test('shares one fetch among all who wait', async (t) => {
  const { publisher, verifier } = await open(t, [a])
  publisher.publish([a, b])
  const verdicts = await Promise.all(Array.from({ length: 50 }, () => codeOf(verifier.verify(tokenB))))
  t.deepEqual(new Set(verdicts), new Set(['ok']))
  t.is(publisher.asked, 2)
})

test('ends what was proven with a key that is published no more', async (t) => {
  const bench = await open(t, [a, b])
  t.is(await codeOf(bench.verifier.verify(tokenA)), 'ok')
  bench.publisher.publish([b])
  await bench.agenda.renew()
  t.is(await codeOf(bench.verifier.verify(tokenA)), 'token_invalid')
  t.is(await codeOf(bench.verifier.verify(tokenB)), 'ok')
})

test('fetches anew before the keys are out of date, within a minute and a day', async (t) => {
  const lifetimes = {
    '': 480_000,
    'max-age=3600': 2_880_000,
    'public, max-age=1': 48_000,
    'max-age=99999999': 69_120_000,
    'no-store, max-age=3600': 48_000,
    'max-age=x': 480_000,
    'x-max-age=9': 480_000,
  }
  for (const [header, expected] of Object.entries(lifetimes)) {
    const { agenda } = await open(t, [a], (publisher) =>
      publisher.publish([a], header === '' ? {} : { 'cache-control': header }),
    )
    t.is(agenda.next, expected, header)
  }
})

test('keeps the last good keys while the issuer fails, and says so', async (t) => {
  const bench = await open(t, [a])
  const { publisher, verifier, world, agenda } = bench
  publisher.fail()
  const delays = []
  for (let n = 0; n < 7; n++) {
    await bench.agenda.renew()
    delays.push(agenda.next)
    t.is(await codeOf(verifier.verify(tokenA)), 'ok')
  }
  t.deepEqual(delays, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
  t.is(world.status.faults.get('issuers/corp'), 'the keys could not be fetched: the answer was 500')
  t.deepEqual(world.lines, ['warn the keys could not be fetched: the answer was 500'])
  publisher.publish([a])
  await bench.agenda.renew()
  t.is(world.status.faults.size, 0)
  t.is(world.lines.at(-1), 'info the keys are there again')
})

test('answers 503 until the keys were there once, then serves by itself', async (t) => {
  const bench = await open(t, [a], (publisher) => publisher.fail())
  const denial = await bench.verifier.verify(tokenA)
  if (!(denial instanceof Denial)) return t.fail()
  t.is(denial.code, 'keys_unavailable')
  t.deepEqual(denial.headers, ['Retry-After', '1'])
  t.is(bench.publisher.asked, 1)
  bench.publisher.publish([a])
  await bench.agenda.renew()
  t.is(await codeOf(bench.verifier.verify(tokenA)), 'ok')
})

test('believes an issuer that takes all its keys back', async (t) => {
  const bench = await open(t, [a])
  t.is(await codeOf(bench.verifier.verify(tokenA)), 'ok')
  bench.publisher.publish([])
  await bench.agenda.renew()
  t.is(await codeOf(bench.verifier.verify(tokenA)), 'keys_unavailable')
  t.regex(bench.world.status.faults.get('issuers/corp') ?? '', /no key that can be used/)
})

test('leaves out keys that are weak, private or for another use', async (t) => {
  const weak = jwk(generateKeyPairSync('rsa', { modulusLength: 1024 }), { kid: 'w' })
  const leaked = { ...otherRsa.privateKey.export({ format: 'jwk' }), kid: 'b' }
  const others = [
    jwk(p256, { use: 'enc' }),
    { kty: 'oct', k: 'AAAA' },
    { kty: 'future' },
    null,
    1,
    [],
    'x',
    jwk(rsa, { kid: 7 }),
  ]
  const { verifier, world } = await open(t, [weak, leaked, ...others, a])
  t.is(await codeOf(verifier.verify(tokenA)), 'ok')
  t.is(await codeOf(verifier.verify(tokenB)), 'token_invalid')
  t.is(world.lines.filter((line) => /1024/.test(line)).length, 1)
  t.is(world.lines.filter((line) => /private/.test(line)).length, 2)
})

test('uses no key beyond its own alg', async (t) => {
  const { verifier } = await open(t, [jwk(rsa, { kid: 'a', alg: 'PS256' }), b])
  t.is(await codeOf(verifier.verify(tokenA)), 'token_invalid')
})

const garbage: Readonly<Record<string, readonly [string | Buffer, number?, Record<string, string>?]>> = {
  HTML: ['<html>'],
  'a list': ['[]'],
  null: ['null'],
  'no keys': ['{}'],
  'keys that are no list': ['{"keys":{}}'],
  'duplicate members': ['{"keys":[],"keys":[]}'],
  'bytes that are not UTF-8': [Buffer.from([0xff, 0xfe])],
  nothing: [''],
  'too much': [JSON.stringify({ keys: ['x'.repeat(300_000)] })],
  'too many keys': [JSON.stringify({ keys: Array(101).fill({}) })],
  'an error': ['{"keys":[]}', 503],
  'a redirect to another host': ['', 302, { location: 'https://evil.example/' }],
  'no content': ['', 204],
}
for (const [what, [body, status = 200, headers = {}]] of Object.entries(garbage)) {
  test(`keeps the last good keys when the issuer answers with ${what}`, async (t) => {
    const bench = await open(t, [a])
    bench.publisher.answer = (_req, res) => void res.writeHead(status, headers).end(body)
    await bench.agenda.renew()
    t.is(await codeOf(bench.verifier.verify(tokenA)), 'ok')
    t.regex(bench.world.status.faults.get('issuers/corp') ?? '', /^the keys could not be fetched: ./)
  })
}

test('says that nobody listens', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((closed) => server.close(closed))
  const world = worldOf({ later: new Agenda().later })
  const verifier = await openCorp({ algorithms: ['RS256'], jwks: `http://127.0.0.1:${port}/` }, world)
  t.is(await codeOf(verifier.verify(tokenA)), 'keys_unavailable')
  t.regex(world.status.faults.get('issuers/corp') ?? '', /ECONNREFUSED/)
})

test('plans and fetches nothing once it is closed, but still knows its keys', async (t) => {
  const { publisher, verifier, agenda, world } = await open(t, [a])
  verifier.close()
  t.deepEqual(agenda.entries, [])
  t.is(await codeOf(verifier.verify(tokenA)), 'ok')
  t.is(await codeOf(verifier.verify(tokenB)), 'token_invalid')
  t.is(publisher.asked, 1)
  t.deepEqual(world.lines, [])
})

test('ends a fetch that is under way when it is closed, and reports no fault', async (t) => {
  t.timeout(3_000, 'the fetch goes on')
  const bench = await open(t, [a])
  const met = new Promise<void>((resolve) => {
    bench.publisher.answer = () => resolve()
  })
  const verdict = codeOf(bench.verifier.verify(tokenB))
  await met
  bench.verifier.close()
  t.is(await verdict, 'token_invalid')
  t.is(bench.world.status.faults.size, 0)
  t.deepEqual(bench.agenda.entries, [])
})

test('takes back what it reported when it is closed', async (t) => {
  const { verifier, world } = await open(t, [], (publisher) => publisher.fail())
  t.is(world.status.faults.size, 1)
  verifier.close()
  t.is(world.status.faults.size, 0)
})

test('plans nothing when it is closed while an answer comes in', async (t) => {
  const [world, agenda] = [worldOf(), new Agenda()]
  const fetch = async () => {
    jwks.close()
    return { keys: [a], freshFor: 60_000 }
  }
  const jwks = new Jwks({ ...world, name: 'corp', algorithms: ['RS256'], fetch, later: agenda.later })
  await jwks.refresh()
  t.deepEqual(agenda.entries, [])
})
