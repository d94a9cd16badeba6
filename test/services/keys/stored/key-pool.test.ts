/** Stored keys of a builtin issuer: made once, followed by every node, rotated in time, kept while the database is away. */

import test from 'ava'
import { Denial } from '../../../../src/core/denial.ts'
import { DatabaseAway } from '../../../../src/services/database/database.ts'
import { makeSigningKey } from '../../../../src/services/keys/stored/make-key.ts'
import type { TokenVerifier } from '../../../../src/services/keys/verifier.ts'
import { until } from '../../../helpers/until.ts'
import { block, type Node, openSite, type Site } from './site.ts'

const minute = 60_000
const day = 1_440 * minute

const verdictOf = async (verifier: TokenVerifier, token: string): Promise<string> => {
  const verdict = await verifier.verify(token)
  return verdict instanceof Denial ? (verdict.cause ?? verdict.code) : 'ok'
}
const kidOf = (token: string): string => JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid
const rotate = async ({ keys, kidsOf }: Site): Promise<void> => {
  const [[from = ''], [to = '']] = [await kidsOf('current'), await kidsOf('next')]
  await keys.rotate('shop', { from, to, fresh: await makeSigningKey('ES256') })
}

test('nodes that open at once make one set of keys, and accept what the others sign', async (t) => {
  const site = await openSite(t)
  const nodes = [site.node(), site.node(), site.node()]
  const verifiers = await Promise.all(nodes.map((node) => node.openIssuer()))
  t.deepEqual((await site.kept()).map(({ state }) => state).sort(), ['current', 'next'])
  for (const node of nodes) for (const verifier of verifiers) t.is(await verdictOf(verifier, node.mint()), 'ok')
  t.deepEqual(new Set(nodes.map((node) => kidOf(node.mint()))), new Set(await site.kidsOf('current')))
})

test('a key signs for `rotateKeys`, and its successor was published before', async (t) => {
  const site = await openSite(t)
  const [one, other] = [site.node(), site.node()]
  const [, verifier] = [await one.openIssuer(), await other.openIssuer()]
  const [first = ''] = await site.kidsOf('current')
  const [second = ''] = await site.kidsOf('next')
  t.true((await one.pool.of('shop').published()).body.includes(second))
  site.clock.pass(30 * day - 1)
  await one.agenda.renew()
  t.deepEqual(await site.kidsOf('current'), [first])
  site.clock.pass(1)
  const old = one.mint()
  await one.agenda.renew()
  t.deepEqual(await site.kidsOf('current'), [second])
  t.is(kidOf(one.mint()), second)
  for (const token of [old, one.mint()]) t.is(await verdictOf(verifier, token), 'ok')
  t.true(one.world.lines.some((line) => line.startsWith('info the signing keys have changed')))
})

test('a successor that caches may not have does not sign, however late it is', async (t) => {
  const site = await openSite(t)
  const node = site.node()
  await node.openIssuer()
  site.clock.pass(29 * day)
  const [from = ''] = await site.kidsOf('next')
  await site.keys.replaceNext('shop', { from, fresh: await makeSigningKey('ES256') })
  const [first] = await site.kidsOf('current')
  site.clock.pass(day - minute)
  const [young = ''] = await site.kidsOf('next')
  await site.keys.replaceNext('shop', { from: young, fresh: await makeSigningKey('ES256') })
  site.clock.pass(minute + 5 * minute)
  await node.agenda.renew()
  t.deepEqual(await site.kidsOf('current'), [first])
  site.clock.pass(2 * minute)
  await node.agenda.renew()
  t.notDeepEqual(await site.kidsOf('current'), [first])
})

test('of nodes for which it is time, one rotates', async (t) => {
  const site = await openSite(t)
  const nodes = [site.node(), site.node(), site.node()]
  for (const node of nodes) await node.openIssuer()
  site.clock.pass(31 * day)
  await Promise.all(nodes.map((node) => node.agenda.renew()))
  t.deepEqual((await site.kept()).map(({ state }) => state).sort(), ['current', 'next', 'previous'])
})

test('a key that signs no more is accepted as long as its tokens live, and then goes', async (t) => {
  const site = await openSite(t)
  const node = site.node()
  await node.openIssuer({ ...block, accessTtl: '2h' })
  const [first = ''] = await site.kidsOf('current')
  await rotate(site)
  site.clock.pass(120 * minute)
  await node.agenda.renew()
  t.deepEqual(await site.kidsOf('previous'), [first])
  t.true((await node.pool.of('shop').published()).body.includes(first))
  site.clock.pass(5 * minute)
  await node.agenda.renew()
  t.deepEqual(await site.kidsOf('previous'), [])
  t.false((await node.pool.of('shop').published()).body.includes(first))
})

test('an unknown key is looked for at once, at most once a second, and nobody is refused for the pause', async (t) => {
  const site = await openSite(t)
  const [one, other] = [site.node(), site.node()]
  await one.openIssuer()
  const verifier = await other.openIssuer()
  site.clock.pass(1_000)
  await rotate(site)
  await one.pool.of('shop').refresh()
  const before = other.reads()
  // Its key is known as the next one: nothing to read.
  t.is(await verdictOf(verifier, one.mint()), 'ok')
  t.is(other.reads(), before)
  await rotate(site)
  await one.pool.of('shop').refresh()
  const answers = await Promise.all(Array.from({ length: 20 }, () => verdictOf(verifier, one.mint())))
  t.deepEqual(new Set(answers), new Set(['ok']))
  t.is(other.reads(), before + 1)
  await rotate(site)
  await rotate(site)
  await one.pool.of('shop').refresh()
  const planned = other.agenda.entries.length
  const late = verdictOf(verifier, one.mint())
  await until(() => other.agenda.entries.length > planned)
  t.is(other.reads(), before + 1)
  const [pause] = other.agenda.entries.splice(-1)
  t.is(pause?.milliseconds, 1_000)
  site.clock.pass(1_000)
  pause?.run()
  t.is(await late, 'ok')
  t.is(other.reads(), before + 2)
})

test('a read that began before the key was there is not waited for in vain', async (t) => {
  const site = await openSite(t)
  const [one, other] = [site.node(), site.node()]
  await one.openIssuer()
  const verifier = await other.openIssuer()
  const before = other.reads()
  const { promise, resolve } = Promise.withResolvers<void>()
  other.store.answers = promise
  const running = other.pool.of('shop').refresh()
  await until(() => other.reads() === before + 1)
  // What it has read by then is older than the rotations.
  await site.kept()
  await rotate(site)
  await rotate(site)
  await one.pool.of('shop').refresh()
  const verdict = verdictOf(verifier, one.mint())
  site.clock.pass(1_000)
  resolve()
  await running
  t.is(await verdict, 'ok')
  t.is(other.reads(), before + 2)
})

test('nor is one that began while others waited for theirs', async (t) => {
  const site = await openSite(t)
  const [one, other] = [site.node(), site.node()]
  await one.openIssuer()
  const verifier = await other.openIssuer()
  const planned = other.agenda.entries.length
  const early = verdictOf(verifier, forged(other))
  await until(() => other.agenda.entries.length > planned)
  const [pause] = other.agenda.entries.splice(-1)
  const before = other.reads()
  const { promise, resolve } = Promise.withResolvers<void>()
  other.store.answers = promise
  const running = other.pool.of('shop').refresh()
  await until(() => other.reads() === before + 1)
  await site.kept()
  await rotate(site)
  await rotate(site)
  await one.pool.of('shop').refresh()
  const verdict = verdictOf(verifier, one.mint())
  pause?.run()
  await new Promise((turn) => setImmediate(turn))
  resolve()
  await running
  t.is(await verdict, 'ok')
  t.regex(await early, /no known key/)
})

test('whoever asks for the published keys gets those of the store, a second old at most', async (t) => {
  const site = await openSite(t)
  const node = site.node()
  await node.openIssuer()
  await rotate(site)
  const [fresh = ''] = await site.kidsOf('next')
  const keys = node.pool.of('shop')
  t.false((await keys.published()).body.includes(fresh))
  site.clock.pass(1_001)
  t.true((await keys.published()).body.includes(fresh))
})

test('policies that leave the issuer as it is go on with the tokens that it knows', async (t) => {
  const site = await openSite(t)
  const node = site.node()
  const first = await node.openIssuer()
  const token = node.mint()
  const known = await first.verify(token)
  const [reads, second] = [node.reads(), await node.openIssuer()]
  first.close()
  t.is(second.verify(token), known)
  t.is(node.reads(), reads)
})

test('a token of no shape of ours makes no read', async (t) => {
  const site = await openSite(t)
  const node = site.node()
  const verifier = await node.openIssuer()
  site.clock.pass(minute)
  const before = node.reads()
  const [, body, signature] = node.mint().split('.')
  await node.pool.of('shop').refresh()
  const read = node.reads()
  t.true(read <= before + 1)
  for (const kid of ['', 'x', 'a'.repeat(44), `${'a'.repeat(42)}!`]) {
    const header = Buffer.from(JSON.stringify({ alg: 'ES256', typ: 'at+jwt', kid })).toString('base64url')
    t.regex(await verdictOf(verifier, `${header}.${body}.${signature}`), /no known key/)
  }
  t.is(node.reads(), read)
})

test('a key that was revoked proves nothing any more, not even what it has proven before', async (t) => {
  const site = await openSite(t)
  const [one, other] = [site.node(), site.node()]
  await one.openIssuer()
  const verifier = await other.openIssuer()
  const token = one.mint()
  t.is(await verdictOf(verifier, token), 'ok')
  const { generation } = other.pool.of('shop')
  await rotate(site)
  await other.agenda.renew()
  t.is(other.pool.of('shop').generation, generation, 'what was proven stays proven')
  await site.keys.revoke('shop', { from: kidOf(token), fresh: await makeSigningKey('ES256') })
  await other.agenda.renew()
  t.is(other.pool.of('shop').generation, generation + 1)
  site.clock.pass(1_000)
  t.regex(await verdictOf(verifier, token), /no known key/)
})

test('who gets a token soon gets one of the key that signs now', async (t) => {
  const site = await openSite(t)
  const node = site.node()
  await node.openIssuer()
  const first = kidOf(node.mint())
  await site.keys.revoke('shop', { from: first, fresh: await makeSigningKey('ES256') })
  site.clock.pass(1_251)
  node.mint()
  await until(() => kidOf(node.mint()) !== first)
  t.pass()
})

test('while the database is away all goes on with what is known, it is said, and heals', async (t) => {
  const site = await openSite(t)
  const node = site.node()
  const verifier = await node.openIssuer()
  const token = node.mint()
  node.store.fault = new DatabaseAway('gone')
  const delays: number[] = []
  for (const _ of [1, 2, 3]) {
    await node.agenda.renew()
    delays.push(node.agenda.next ?? 0)
  }
  t.true(
    delays.every((delay) => delay >= 750 && delay <= 1_250),
    delays.join(),
  )
  t.deepEqual([...node.world.status.faults.keys()], ['issuers/shop'])
  t.is(node.world.lines.filter((line) => line.startsWith('warn')).length, 1)
  site.clock.pass(minute)
  t.is(await verdictOf(verifier, token), 'ok')
  t.is(await verdictOf(verifier, node.mint()), 'ok')
  t.true((await node.pool.of('shop').published()).body.includes(kidOf(token)))
  await node.pool.of('shop').refresh()
  // A reload meanwhile takes what is known, too.
  const reads = node.reads()
  const again = await node.openIssuer({ ...block, rotateKeys: '7d' })
  t.is(await verdictOf(again, token), 'ok')
  t.is(node.reads(), reads + 1)
  node.store.fault = undefined
  await node.agenda.renew()
  t.is(node.world.status.faults.size, 0)
  const next = node.agenda.next ?? 0
  t.true(next >= 750 && next <= 1_250, 'a revoked key signs for no longer than that')
})

test('a policy that asks for another algorithm gets it with the next rotation; one that accepts the old no more, at once', async (t) => {
  const site = await openSite(t)
  const node = site.node()
  await node.openIssuer()
  const states = async () => (await site.kept()).map(({ state, algorithm }) => `${state} ${algorithm}`).sort()
  const both = await node.openIssuer({ ...block, algorithms: ['EdDSA', 'ES256'] })
  t.deepEqual(await states(), ['current ES256', 'next EdDSA'])
  const old = node.mint()
  await rotate(site)
  await node.agenda.renew()
  for (const token of [old, node.mint()]) t.is(await verdictOf(both, token), 'ok')
  const alone = await node.openIssuer({ ...block, algorithms: ['PS256'] })
  t.deepEqual(await states(), ['current PS256', 'next PS256', 'previous ES256', 'previous EdDSA'])
  t.is(await verdictOf(alone, node.mint()), 'ok')
  t.regex(await verdictOf(alone, old), /algorithm is not allowed/)
})

test('nodes of two policies do not take turns', async (t) => {
  const site = await openSite(t)
  const [one, other] = [site.node(), site.node()]
  await one.openIssuer()
  await other.openIssuer({ ...block, algorithms: ['EdDSA'] })
  const kids = (await site.kept()).map(({ kid }) => kid)
  for (const node of [one, other, one, other]) await node.agenda.renew()
  t.deepEqual(
    (await site.kept()).map(({ kid }) => kid),
    kids,
  )
})

test('keys that another ring has sealed are a fault of the start, which names them and says what to do', async (t) => {
  const site = await openSite(t)
  const node = site.node()
  const fresh = await makeSigningKey('ES256')
  await site.keys.begin('shop', { current: { ...fresh, privateKey: '{}' }, next: await makeSigningKey('ES256') })
  const error = await t.throwsAsync(node.openIssuer(), { name: 'StartFault' })
  t.true(error.message.includes(fresh.kid))
  t.deepEqual(node.agenda.entries, [])
})

test('who leaves the keys last ends what is planned', async (t) => {
  const site = await openSite(t)
  const node = site.node()
  const [first, second] = [await node.openIssuer(), await node.openIssuer()]
  first.close()
  first.close()
  t.is(node.agenda.entries.length, 1)
  second.close()
  t.deepEqual(node.agenda.entries, [])
  t.throws(() => node.pool.of('shop'))
  const again = await node.openIssuer()
  t.is(await verdictOf(again, node.mint()), 'ok')
})

const forged = ({ mint }: Node): string => {
  const [, body] = mint().split('.')
  const header = {
    alg: 'ES256',
    typ: 'at+jwt',
    kid: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url'),
  }
  return `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${body}.${'A'.repeat(86)}`
}

test('a flood of unknown keys waits in bounded number, and makes one read a second', async (t) => {
  const site = await openSite(t)
  const node = site.node()
  const verifier = await node.openIssuer()
  const token = forged(node)
  const before = node.reads()
  const verdicts = Array.from({ length: 3_000 }, () => verifier.verify(token))
  t.is(verdicts.filter((verdict) => verdict instanceof Promise).length, 1_000)
  await until(() => node.agenda.entries.length > 1)
  t.is(node.reads(), before)
  site.clock.pass(1_000)
  node.agenda.entries.pop()?.run()
  for (const verdict of await Promise.all(verdicts)) t.true(verdict instanceof Denial)
  t.is(node.reads(), before + 1)
  t.is(await verdictOf(verifier, node.mint()), 'ok')
})

test('a database that stands as it did is not read, and keys are rotated in time all the same', async (t) => {
  const site = await openSite(t)
  const node = site.node()
  node.version.now = { tag: 'one', age: minute }
  await node.openIssuer()
  const reads = node.reads()
  const [signing] = await site.kidsOf('current')
  await node.agenda.renew()
  site.clock.pass(minute)
  t.true((await node.pool.of('shop').published()).body.includes(signing ?? ''))
  await node.agenda.renew()
  t.is(node.reads(), reads)
  node.version.now = { tag: 'two', age: 0 }
  await node.agenda.renew()
  t.is(node.reads(), reads + 1)
  site.clock.pass(10_000)
  await node.agenda.renew()
  await node.agenda.renew()
  t.is(node.reads(), reads + 2)
  site.clock.pass(30 * 24 * 60 * minute)
  node.version.now = { tag: 'three', age: 0 }
  await node.agenda.renew()
  t.notDeepEqual(await site.kidsOf('current'), [signing])
})
