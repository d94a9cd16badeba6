/** API keys, on both databases: shown once, kept as hashes, and good for as long as nobody ends them. */

import { crc32 } from 'node:zlib'
import test from 'ava'
import { hashOfKeyText, idOfKeyText, isOfHash, newKeyText } from '../../../src/services/accounts/api-keys/key-text.ts'
import { LastUses } from '../../../src/services/accounts/api-keys/last-uses.ts'
import type { StoreContext } from '../../../src/services/accounts/context.ts'
import type { Database } from '../../../src/services/database/database.ts'
import { HandClock } from '../../helpers/hand-clock.ts'
import { onBoth, open, usePostgres } from './stores.ts'

usePostgres()

test('the text of a key has one form, by which scanners find it', (t) => {
  const texts = new Set<string>()
  for (let made = 0; made < 200; made++) {
    const { id, text } = newKeyText()
    t.regex(text, /^pk_live_[0-9A-Za-z]{65}$/)
    t.is(idOfKeyText(text), id)
    texts.add(text)
  }
  t.is(texts.size, 200)
})

test('a typo is told by the checksum, without asking the store', (t) => {
  const { text } = newKeyText()
  for (let at = 8; at < text.length; at++) {
    const other = text[at] === 'a' ? 'b' : 'a'
    t.is(idOfKeyText(`${text.slice(0, at)}${other}${text.slice(at + 1)}`), undefined)
  }
  for (const wrong of ['', 'pk_live_', text.slice(1), `${text} `, `${text}\n`, text.toLowerCase(), text.repeat(9_999)])
    t.is(idOfKeyText(wrong), undefined)
})

test('a hash is that of one text', (t) => {
  const { text } = newKeyText()
  t.true(isOfHash(text, hashOfKeyText(text)))
  t.false(isOfHash(newKeyText().text, hashOfKeyText(text)))
})

const start = async (...[t, kind]: Parameters<Parameters<typeof onBoth>[1]>) => {
  const opened = await open(t, kind)
  const account = await opened.store.accounts.create({ username: 'alice', claims: { plan: 'pro' } })
  const wanted = { account: account?.id ?? '', name: 'deploy', scopes: ['orders:read'] }
  const made = await opened.store.apiKeys.create(wanted)
  if (account === undefined || made === undefined) throw new Error('no key')
  return { ...opened, account, wanted, made }
}

onBoth('a key is kept for a month after its end, and then goes', async (t, kind) => {
  const { store, clock } = await open(t, kind)
  const { id: account = '' } = (await store.accounts.create({ username: 'ci' })) ?? {}
  const make = (expiresAt?: number) =>
    store.apiKeys.create({ account, name: 'ci', scopes: [], ...(expiresAt !== undefined && { expiresAt }) })
  const [revoked, expiring, live, dated] = [
    await make(),
    await make(clock.now() + 1_000),
    await make(),
    await make(clock.now() + 90 * 86_400_000),
  ]
  await store.apiKeys.revoke(revoked?.key.id ?? '')
  clock.pass(30 * 86_400_000)
  t.is(await store.prune(), 0)
  clock.pass(1)
  t.is(await store.prune(), 1)
  t.is(await store.apiKeys.find(revoked?.text ?? ''), undefined)
  clock.pass(1_000)
  t.is(await store.prune(), 1)
  const left = (await store.apiKeys.list(account)).map(({ id }) => id).sort()
  t.deepEqual(left, [live, dated].map((made) => made?.key.id ?? '').sort())
  t.truthy(await store.apiKeys.find(live?.text ?? ''))
  t.is((await store.apiKeys.list(account)).length, 2, expiring?.key.id)
})

onBoth('a key is found by its text alone, with whose it is', async (t, kind) => {
  const { store, clock, account, made } = await start(t, kind)
  t.like(made.key, { account: account.id, name: 'deploy', scopes: ['orders:read'], createdAt: clock.now() })
  t.deepEqual(await store.apiKeys.find(made.text), { key: made.key, account })
  t.is(await store.apiKeys.find(newKeyText().text), undefined)
  t.is(await store.apiKeys.find('pk_live_nothing'), undefined)
  t.is(await store.apiKeys.create({ account: 'nobody', name: 'x', scopes: [] }), undefined)
})

onBoth('the id of a key with another secret is no key', async (t, kind) => {
  const { store, made } = await start(t, kind)
  const forged = forge(made.key.id)
  t.is(idOfKeyText(forged), made.key.id)
  t.is(await store.apiKeys.find(forged), undefined)
})

/** A text with the right checksum, made by whoever saw the id in a list. */
function forge(id: string): string {
  const unchecked = `pk_live_${id}${'A'.repeat(43)}`
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  let [rest, checksum] = [crc32(unchecked), '']
  for (let at = 0; at < 6; at++, rest = Math.floor(rest / 62)) checksum = `${digits[rest % 62]}${checksum}`
  return `${unchecked}${checksum}`
}

onBoth('a key ends when it expires, when it is revoked, and with its account', async (t, kind) => {
  const { store, clock, account, wanted, made } = await start(t, kind)
  const short = await store.apiKeys.create({ ...wanted, expiresAt: clock.now() + 1_000 })
  clock.pass(999)
  t.truthy(await store.apiKeys.find(short?.text ?? ''))
  clock.pass(1)
  t.is(await store.apiKeys.find(short?.text ?? ''), undefined)
  await store.accounts.disable(account.id)
  t.is(await store.apiKeys.find(made.text), undefined)
  await store.accounts.enable(account.id)
  t.truthy(await store.apiKeys.find(made.text))
  t.true(await store.apiKeys.revoke(made.key.id))
  t.false(await store.apiKeys.revoke(made.key.id))
  t.false(await store.apiKeys.revoke('nothing'))
  t.is(await store.apiKeys.find(made.text), undefined)
  t.like(await store.apiKeys.list(account.id), { length: 2 })
  t.deepEqual(await store.apiKeys.list('nobody'), [])
})

onBoth('the last use is written when the store closes, or is told to, and never goes back', async (t, kind) => {
  const { store, url, ring, clock, account, made } = await start(t, kind)
  const used = async () => (await other.store.apiKeys.list(account.id))[0]?.usedAt
  const other = await open(t, kind, { url, ring })
  await other.store.apiKeys.find(made.text)
  const early = clock.now()
  clock.pass(500)
  await store.apiKeys.find(made.text)
  t.is(await used(), undefined)
  await store.apiKeys.writeUses()
  t.is(await used(), early + 500)
  await other.store.apiKeys.writeUses()
  t.is(await used(), early + 500)
  clock.pass(500)
  await store.apiKeys.find(made.text)
  await store.close()
  t.is(await used(), early + 1_000)
})

test('a use is written after a while by itself, and what could not be written with the next ones', async (t) => {
  const asked: unknown[] = []
  let isAway = true
  const database = {
    query: async (_sql: string, values: unknown) => {
      if (isAway) throw new Error('away')
      asked.push(values)
      return []
    },
  } as unknown as Database
  const clock = new HandClock()
  const timers: (() => void)[] = []
  const later = (run: () => void) => {
    timers.push(run)
    return () => {}
  }
  const uses = new LastUses({ database, clock } as unknown as StoreContext, later)
  uses.note('one')
  uses.note('two')
  t.is(timers.length, 1)
  await t.throwsAsync(uses.write(), { message: 'away' })
  isAway = false
  uses.note('three')
  t.is(timers.length, 2)
  await uses.write()
  t.deepEqual(asked.map((values) => (values as string[])[1]).sort(), ['one', 'three', 'two'])
  await uses.write()
  t.is(asked.length, 3)
  for (let at = 0; at < 20_000; at++) uses.note(`key${at}`)
  await uses.write()
  t.is(asked.length, 10_003)
})
