/** How often the store is asked about API keys, and for how long what it said counts. */

import test from 'ava'
import fc from 'fast-check'
import { Denial, deny } from '../../src/core/denial.ts'
import type { Account } from '../../src/services/accounts/account.ts'
import type { FoundApiKey } from '../../src/services/accounts/api-keys/api-keys.ts'
import { newKeyText } from '../../src/services/accounts/api-keys/key-text.ts'
import { ApiKeyVerifier, type KeyVerdict } from '../../src/services/identity/api-key-verifier.ts'
import { HandClock } from '../helpers/hand-clock.ts'

const away = deny('state_unavailable')

/** A store that is asked, and answers when it is told to. */
function start({ isPrompt = true } = {}) {
  const clock = new HandClock()
  const asked: { readonly text: string; answer(found: FoundApiKey | undefined | Denial): void }[] = []
  const known = new Map<string, FoundApiKey | Denial>()
  const find = (text: string) => {
    const { promise, resolve, reject } = Promise.withResolvers<FoundApiKey | undefined>()
    const answer = (found: FoundApiKey | undefined | Denial) =>
      found instanceof Denial ? reject(found) : resolve(found)
    asked.push({ text, answer })
    if (isPrompt) answer(known.get(text))
    return promise
  }
  const holders = {
    store: { apiKeys: { find } },
    attempt: async <T>(work: () => Promise<T>) => work().catch((error) => error as Denial),
    scopesOf: ({ scopes }: Account) => scopes,
    principalOf: ({ id }: Account, scopes: readonly string[]) => ({
      id,
      issuer: 'shop',
      scopes,
      roles: [],
      claims: {},
    }),
  }
  const verifier = new ApiKeyVerifier(holders, clock)
  return {
    clock,
    asked,
    known,
    verifier,
    verify: async (text: string, address = '192.0.2.1') => verifier.verify(text, address),
  }
}

const found = (expiresAt?: number): FoundApiKey =>
  ({
    key: { id: 'k1', scopes: ['read', 'more'], expiresAt },
    account: { id: 'alice', scopes: ['read', 'write'] },
  }) as never

const idOf = (verdict: KeyVerdict) => (verdict instanceof Denial ? verdict.code : verdict?.principal.id)

/** What the promises behind it have come to. */
const settled = () => new Promise<void>((turn) => setImmediate(turn))

test('what cannot be a key is refused at once, and nobody asks', async (t) => {
  const { asked, verifier } = start()
  const { text } = newKeyText()
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string(),
        fc.nat(text.length - 1).map((at) => text.slice(0, at) + text.slice(at + 1)),
      ),
      async (odd) => {
        t.is(verifier.verify(odd, '192.0.2.1'), undefined)
      },
    ),
  )
  t.is(asked.length, 0)
})

test('a key in use is asked for in the background, and answered at once', async (t) => {
  const { clock, asked, known, verifier, verify } = start()
  const { text } = newKeyText()
  known.set(text, found())
  const first = await verify(text)
  t.deepEqual(first, {
    principal: { id: 'alice', issuer: 'shop', scopes: ['read'], roles: [], claims: {} },
    apiKey: 'k1',
  })
  for (let i = 0; i < 10; i++) t.is(verifier.verify(text, '192.0.2.1'), first)
  t.is(asked.length, 1)
  for (let i = 0; i < 20; i++) {
    clock.pass(250)
    t.is(idOf(verifier.verify(text, '192.0.2.1') as KeyVerdict), 'alice')
    await settled()
  }
  t.is(asked.length, 11)
})

test('what was revoked is refused no later than the last answer is old', async (t) => {
  const { clock, known, verify } = start()
  const { text } = newKeyText()
  known.set(text, found())
  t.is(idOf(await verify(text)), 'alice')
  known.delete(text)
  clock.pass(1_499)
  t.is(idOf(await verify(text)), 'alice')
  await settled()
  t.is(await verify(text), undefined)
})

test('a key that was revoked is asked for as seldom as one that never was', async (t) => {
  const { clock, asked, known, verify } = start()
  const { text } = newKeyText()
  known.set(text, found())
  t.is(idOf(await verify(text)), 'alice')
  known.delete(text)
  clock.pass(2_000)
  for (let i = 0; i < 49; i++) {
    t.is(await verify(text), undefined)
    clock.pass(100)
  }
  t.is(asked.length, 2)
  clock.pass(100)
  known.set(text, found())
  t.is(idOf(await verify(text)), 'alice')
})

test('a store that fails behind an answer ends nothing, and is heard of once the answer is too old', async (t) => {
  const { clock, asked, verifier } = start({ isPrompt: false })
  const { text } = newKeyText()
  const first = verifier.verify(text, '192.0.2.1')
  asked[0]?.answer(found())
  await first
  clock.pass(600)
  t.is(idOf((await verifier.verify(text, '192.0.2.1')) as KeyVerdict), 'alice')
  asked[1]?.answer(away)
  await settled()
  clock.pass(1_000)
  const late = verifier.verify(text, '192.0.2.1')
  asked[2]?.answer(away)
  t.is(await late, away)
})

test('an answer that was asked for long ago counts for nobody who comes later', async (t) => {
  const { clock, asked, verifier } = start({ isPrompt: false })
  const { text } = newKeyText()
  const early = verifier.verify(text, '192.0.2.1')
  asked[0]?.answer(found())
  t.is(idOf(await early), 'alice')
  clock.pass(2_000)
  const waiting = verifier.verify(text, '192.0.2.1')
  clock.pass(3_000)
  const late = verifier.verify(text, '192.0.2.1')
  t.is(asked.length, 2)
  asked[1]?.answer(found())
  t.is(idOf(await waiting), 'alice')
  await settled()
  t.is(asked.length, 3)
  asked[2]?.answer(undefined)
  t.is(await late, undefined)
})

test('a key that is looked for is looked for once, however many show it', async (t) => {
  const { asked, verifier } = start({ isPrompt: false })
  const { text } = newKeyText()
  const all = Array.from({ length: 500 }, () => verifier.verify(text, '192.0.2.1'))
  t.is(asked.length, 1)
  asked[0]?.answer(found())
  for (const one of all) t.is(idOf(await one), 'alice')
})

test('a key that is none is not looked for again for a while', async (t) => {
  const { clock, asked, known, verify } = start()
  const { text } = newKeyText()
  for (let i = 0; i < 100; i++) t.is(await verify(text), undefined)
  t.is(asked.length, 1)
  clock.pass(5_000)
  known.set(text, found())
  t.is(idOf(await verify(text)), 'alice')
})

test('one address floods nobody with made-up keys; others, and keys that are known, go on', async (t) => {
  const { clock, asked, known, verify } = start()
  const { text } = newKeyText()
  known.set(text, found())
  t.is(idOf(await verify(text)), 'alice')
  for (let i = 0; i < 1_000; i++) await verify(newKeyText().text)
  t.true(asked.length <= 102, `${asked.length}`)
  t.is(idOf(await verify(newKeyText().text)), 'rate_limited')
  t.is(idOf(await verify(newKeyText().text, '198.51.100.7')), undefined)
  clock.pass(10_000)
  t.is(idOf(await verify(text)), 'alice')
  clock.pass(1_000)
  t.is(idOf(await verify(newKeyText().text)), undefined)
})

test('an IPv6 client does not get around it by another address of its network', async (t) => {
  const { verify } = start()
  for (let i = 0; i < 200; i++) await verify(newKeyText().text, `2001:db8::${i.toString(16)}`)
  t.is(idOf(await verify(newKeyText().text, '2001:db8::ffff')), 'rate_limited')
  t.is(idOf(await verify(newKeyText().text, '2001:db8:0:1::1')), undefined)
})

test('keys that are found cost an address nothing, and no more are looked for at a time than there may be', async (t) => {
  const { asked, known, verifier, verify } = start()
  for (let i = 0; i < 300; i++) {
    const { text } = newKeyText()
    known.set(text, found())
    t.is(idOf(await verify(text)), 'alice')
  }
  t.is(asked.length, 300)
  const held = start({ isPrompt: false })
  const waiting = Array.from({ length: 1_006 }, (_, i) =>
    held.verifier.verify(newKeyText().text, `192.0.${i % 100}.${i % 99}`),
  )
  t.is(held.asked.length, 1_000)
  for (const { answer } of held.asked) answer(undefined)
  const verdicts = (await Promise.all(waiting)).map(idOf)
  t.is(verdicts.filter((code) => code === 'overloaded').length, 6)
  t.truthy(verifier)
})

test('a store that is away teaches nothing: what it said last counts as long as it would have', async (t) => {
  const { clock, known, verify } = start()
  const { text } = newKeyText()
  known.set(text, found())
  t.is(idOf(await verify(text)), 'alice')
  known.set(text, away)
  clock.pass(1_000)
  for (let i = 0; i < 5; i++) {
    t.is(idOf(await verify(text)), 'alice')
    await settled()
  }
  clock.pass(500)
  t.is(await verify(text), away)
  known.set(text, found())
  t.is(idOf(await verify(text)), 'alice')
  const other = newKeyText().text
  known.set(other, away)
  for (let i = 0; i < 300; i++) t.is(await verify(other), away)
})

test('a key expires at its moment, whatever is remembered', async (t) => {
  const { clock, known, verify } = start()
  const { text } = newKeyText()
  known.set(text, found(clock.now() + 100))
  t.is(idOf(await verify(text)), 'alice')
  clock.pass(99)
  t.is(idOf(await verify(text)), 'alice')
  clock.pass(1)
  t.is(await verify(text), undefined)
})
