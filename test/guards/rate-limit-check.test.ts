import test from 'ava'
import { parse } from 'yaml'
import { rateLimit } from '../../src/guards/rate-limit/rate-limit.ts'
import { compileSchema } from '../../src/schema/compile.ts'
import { siteOf } from '../helpers/guard-host.ts'

const schema = compileSchema(rateLimit.schema)
const fits = (limit: object) => schema.check([limit]).errors === undefined

/** Rule and place of every fault of one limit. */
function faults(limit: object, cost = 1): string[] {
  const block = [{ by: 'ip', limit: 10, per: '1m' }, limit] as never
  return (rateLimit.check?.(block, siteOf({ cost })) ?? []).map(({ rule, path }) => `${rule} at ${path.join('.')}`)
}

test('takes every form of the language', (t) => {
  const plan = { on: '${user.claims.plan}', is: { free: 60, pro: 600 }, else: 60 }
  for (const limit of [
    { by: 'ip', limit: 1, per: '500ms' },
    { by: ['user', '${params.id}'], name: 'per order', limit: 10, per: '7d', burst: 3, algorithm: 'token-bucket' },
    { by: 'user', limit: plan, per: '1m', algorithm: 'sliding-window' },
    { by: 'ip', limit: 1, per: '1s', onStoreFailure: 'local' },
    { by: 'ip', limit: 1, per: '1s', onStoreFailure: 'allow' },
    { by: 'ip', limit: 1, per: '1s', onStoreFailure: 'deny' },
  ]) {
    t.true(fits(limit))
    t.deepEqual(faults(limit), [])
  }
})

test('its example is right', (t) => {
  const { rateLimit: block } = parse(rateLimit.example)
  t.falsy(schema.check(block).errors)
  t.deepEqual(rateLimit.check?.(block, siteOf()), [])
})

test('takes no other form', (t) => {
  const limit = { by: 'ip', limit: 10, per: '1m' }
  for (const wrong of [
    { by: undefined },
    { by: [] },
    { by: ['ip', 'ip'] },
    { by: 1 },
    { limit: 0 },
    { limit: 1.5 },
    { limit: '10' },
    { limit: { on: '${user.claims.plan}', is: {}, else: 1 } },
    { limit: { on: '${user.claims.plan}', is: { free: 0 }, else: 1 } },
    { limit: { on: '${user.claims.plan}', is: { free: 1 } } },
    { per: '1' },
    { per: '0s' },
    { per: 60 },
    { burst: 0 },
    { algorithm: 'leaky-bucket' },
    { name: 'a"b' },
    { name: '' },
    { name: 'ä' },
    { name: 'x'.repeat(65) },
    { onStoreFailure: 'open' },
    { onStoreFailure: true },
    { cost: 2 },
  ]) {
    t.false(fits(JSON.parse(JSON.stringify({ ...limit, ...wrong }))), JSON.stringify(wrong))
  }
  t.truthy(schema.check([]).errors)
})

test('refuses a key that would be the same for everyone', (t) => {
  t.deepEqual(faults({ by: 'usr', limit: 10, per: '1m' }), ['rateLimit/unknown-key at 1.by'])
  t.deepEqual(faults({ by: ['ip', 'user.id'], limit: 10, per: '1m' }), ['rateLimit/unknown-key at 1.by.1'])
  const [fault] = rateLimit.check?.([{ by: 'usr', limit: 1, per: '1m' }], siteOf()) ?? []
  t.is(fault?.message, 'expected `ip`, `user`, `all` or an expression, not `usr`')
  t.is(fault?.hint, 'did you mean `user`?')
})

test('refuses a plan that would be the same for everyone', (t) => {
  const limit = { on: 'pro', is: { pro: 10 }, else: 1 }
  t.deepEqual(faults({ by: 'ip', limit, per: '1m' }), ['rateLimit/plan-without-expression at 1.limit.on'])
})

test('refuses to count by what is loaded later', (t) => {
  t.deepEqual(faults({ by: '${resource.owner}', limit: 1, per: '1m' }), ['rateLimit/late-expression at 1.by'])
  t.deepEqual(faults({ by: ['ip', 'x-${resource.owner}'], limit: 1, per: '1m' }), [
    'rateLimit/late-expression at 1.by.1',
  ])
  const limit = { on: '${resource.plan}', is: { pro: 10 }, else: 1 }
  t.deepEqual(faults({ by: 'ip', limit, per: '1m' }), ['rateLimit/late-expression at 1.limit.on'])
})

test('leaves an expression that cannot be read to the rule for all expressions', (t) => {
  t.deepEqual(faults({ by: '${nowhere.x}', limit: 1, per: '1m' }), [])
})

test('asks for a name where what it counts by cannot stand in a header', (t) => {
  t.deepEqual(faults({ by: "${body['a\"b']}", limit: 1, per: '1m' }), ['rateLimit/name-needed at 1.by'])
  t.deepEqual(faults({ by: "${body['ä']}", limit: 1, per: '1m' }), ['rateLimit/name-needed at 1.by'])
  t.deepEqual(faults({ by: `\${body.${'x'.repeat(64)}}`, limit: 1, per: '1m' }), ['rateLimit/name-needed at 1.by'])
  t.deepEqual(faults({ by: "${body['ä']}", name: 'umlaut', limit: 1, per: '1m' }), [])
})

test('refuses a burst of a sliding window', (t) => {
  const limit = { by: 'ip', limit: 10, per: '1m', burst: 5, algorithm: 'sliding-window' }
  t.deepEqual(faults(limit), ['rateLimit/burst-of-window at 1.burst'])
})

test('refuses a route that costs more than can be had at once', (t) => {
  const limit = { on: '${user.claims.plan}', is: { free: 4, pro: 10 }, else: 3 }
  t.deepEqual(faults({ by: 'ip', limit: 4, per: '1m' }, 5), ['rateLimit/cost-above-burst at 1.limit'])
  t.deepEqual(faults({ by: 'ip', limit: 9, per: '1m', burst: 4 }, 5), ['rateLimit/cost-above-burst at 1.burst'])
  t.deepEqual(faults({ by: 'ip', limit: 4, per: '1m', burst: 5 }, 5), [])
  t.deepEqual(faults({ by: 'ip', limit: 4, per: '1m', algorithm: 'sliding-window' }, 5), [
    'rateLimit/cost-above-burst at 1.limit',
  ])
  t.deepEqual(faults({ by: 'ip', limit, per: '1m' }, 5), [
    'rateLimit/cost-above-burst at 1.limit.is.free',
    'rateLimit/cost-above-burst at 1.limit.else',
  ])
})

test('does not judge what is still to be filled in', (t) => {
  const filled = '${env:X}'
  t.deepEqual(faults({ by: filled, limit: filled, per: filled, burst: filled, name: filled }, 5), [])
  t.deepEqual(
    faults({ by: ['ip', filled], limit: { on: filled, is: { free: filled }, else: filled }, per: '1m' }, 5),
    [],
  )
  t.deepEqual(faults({ by: 'ip', limit: { on: '${ip}', is: filled, else: 5 }, per: '1m' }, 5), [])
  t.deepEqual(rateLimit.check?.([filled] as never, siteOf()), [])
  t.deepEqual(rateLimit.check?.(filled as never, siteOf()), [])
})

test('every fault has its rule, with a cause and a hint', (t) => {
  for (const rule of Object.values(rateLimit.rules ?? {})) t.true(rule.cause.endsWith('.') && rule.hint.length > 0)
  t.is(Object.keys(rateLimit.rules ?? {}).length, 6)
})
