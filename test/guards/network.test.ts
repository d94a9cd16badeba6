import test from 'ava'
import { network } from '../../src/guards/network.ts'
import { compileSchema } from '../../src/schema/compile.ts'
import type { Services } from '../../src/services/services.ts'
import { exchangeOf } from '../helpers/exchange.ts'
import { siteOf } from '../helpers/guard-host.ts'

/** The code that an address is refused with. */
async function decide(block: readonly string[], address: string) {
  const plan = await network.compile(block, siteOf(), {} as Services)
  const [step] = plan.steps ?? []
  const denial = await step?.decide(Object.assign(exchangeOf(), { address }))
  return denial?.code
}

const faults = (block: readonly string[]) => network.check?.(block, siteOf()) ?? []

test('lets in who is listed, and refuses everyone else', async (t) => {
  const block = ['10.0.0.0/8', '203.0.113.7', '2001:db8::/32']
  for (const address of ['10.1.2.3', '203.0.113.7', '2001:db8::1']) t.is(await decide(block, address), undefined)
  for (const address of ['11.0.0.1', '203.0.113.8', '2001:db9::1', '::1'])
    t.is(await decide(block, address), 'address_denied')
})

test('one family lets in nobody of the other', async (t) => {
  t.is(await decide(['0.0.0.0/0'], '::1'), 'address_denied')
  t.is(await decide(['::/0'], '10.0.0.1'), 'address_denied')
})

test('stands at its gate with the line of its block', async (t) => {
  const plan = await network.compile(['10.0.0.0/8'], siteOf(), {} as Services)
  t.like(plan.steps?.[0], { gate: 'network', guard: 'network', source: { file: 'test.yaml', line: 1 } })
})

test('refuses what is no address range', (t) => {
  t.deepEqual(faults(['10.0.0.0/8', '10.0.0/8']), [
    {
      rule: 'network/invalid-cidr',
      path: [1],
      message: 'expected a CIDR or an address such as `10.0.0.0/8`, not `10.0.0/8`',
    },
  ])
  for (const text of ['10.0.0.0/33', 'private', '010.0.0.1', '::1%lo', '10.0.0.0-10.0.0.9', '*']) {
    t.is(faults([text])[0]?.rule, 'network/invalid-cidr', text)
  }
})

test('warns of a range that lets everyone in', (t) => {
  for (const text of ['0.0.0.0/0', '::/0', '10.0.0.0/0']) t.is(faults([text])[0]?.rule, 'network/everyone', text)
  t.is(network.rules?.['network/everyone']?.severity, 'warning')
})

test('warns of bits after the prefix', (t) => {
  t.deepEqual(faults(['10.1.2.3/8']), [
    { rule: 'network/bits-after-prefix', path: [0], message: 'expected `10.0.0.0/8`, not `10.1.2.3/8`' },
  ])
  t.is(faults(['2001:db8::1/32'])[0]?.message, 'expected `2001:db8::/32`, not `2001:db8::1/32`')
  for (const text of ['10.0.0.0/8', '10.1.2.3', '10.1.2.3/32', '2001:DB8:0::/32', '::1', '::ffff:10.0.0.0/104']) {
    t.deepEqual(faults([text]), [], text)
  }
})

test('does not judge what is still to be filled in', (t) => {
  t.deepEqual(faults(['${env:OFFICE}']), [])
  t.deepEqual(faults('${value:offices}' as unknown as string[]), [])
})

test('takes lists of texts only', (t) => {
  const schema = compileSchema(network.schema)
  t.falsy(schema.check(['10.0.0.0/8']).errors)
  for (const block of [[], '10.0.0.0/8', [1], [''], ['::1', '::1'], { allow: [] }]) t.truthy(schema.check(block).errors)
})
