/** Sensitive columns: sealed in their place, found by a blind index, and sealed anew while others read and write. */

import { readFileSync } from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { StartFault } from '../../../../src/core/start-fault.ts'
import type { Account } from '../../../../src/services/accounts/account.ts'
import { openAccountStore } from '../../../../src/services/accounts/account-store.ts'
import { createBlindIndex } from '../../../../src/services/accounts/fields/blind-index.ts'
import { createKeyRing, FieldFault, type KeyRing } from '../../../../src/services/accounts/fields/key-ring.ts'
import { rotateFields } from '../../../../src/services/accounts/fields/rotate-fields.ts'
import { sealedColumns } from '../../../../src/services/accounts/fields/sealed-columns.ts'
import { normaliseName } from '../../../../src/services/accounts/names.ts'
import type { Database, Value } from '../../../../src/services/database/database.ts'
import { openDatabase } from '../../../../src/services/database/open-database.ts'
import { randomId } from '../../../../src/services/random-id.ts'
import { HandClock } from '../../../helpers/hand-clock.ts'
import { type Kind, newSecret, onBoth, open, settingsOf, usePostgres } from '../stores.ts'

usePostgres()

const place = { table: 'accounts', column: 'email', row: 'a1' }

test('what is sealed opens in its place, whatever it is', (t) => {
  const ring = createKeyRing([newSecret()])
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => ring.open(ring.seal(text, place), place) === text))
  t.not(ring.seal('same', place), ring.seal('same', place))
  t.true(ring.seal('x', place).startsWith(ring.currentPrefix))
})

test('it opens in no other place', (t) => {
  const ring = createKeyRing([newSecret()])
  const sealed = ring.seal('secret', place)
  const others = [
    { ...place, row: 'a2' },
    { ...place, column: 'username' },
    { ...place, table: 'account' },
    // The same characters, cut elsewhere.
    { table: 'accounts', column: 'emaila', row: '1' },
    { table: 'accounts","email', column: '', row: 'a1' },
  ]
  for (const other of others) t.throws(() => ring.open(sealed, other), { instanceOf: FieldFault })
})

test('a single changed character is noticed', (t) => {
  const ring = createKeyRing([newSecret()])
  const sealed = ring.seal('secret', place)
  for (let at = 0; at < sealed.length - 1; at++) {
    const changed = `${sealed.slice(0, at)}${sealed[at] === 'A' ? 'B' : 'A'}${sealed.slice(at + 1)}`
    t.throws(() => ring.open(changed, place), { instanceOf: FieldFault })
  }
  for (const none of ['', 'v1', 'v1..', sealed.slice(0, 30), 'v1.x.AAAA', 'plain'])
    t.throws(() => ring.open(none, place), { instanceOf: FieldFault })
})

test('older keys open and the current one seals; a key that is not in the ring opens nothing', (t) => {
  const [first, second, third] = [newSecret(), newSecret(), newSecret()]
  const sealed = createKeyRing([first]).seal('secret', place)
  const ring = createKeyRing([second, first])
  t.is(ring.open(sealed, place), 'secret')
  t.is(createKeyRing([second]).open(ring.seal('new', place), place), 'new')
  t.throws(() => createKeyRing([third, second]).open(sealed, place), { message: /is not among those that are known/ })
})

test('a key that can be guessed is refused, and not quoted', (t) => {
  for (const weak of ['', 'short', 'x'.repeat(64), 'secret'.repeat(10)]) {
    const error = t.throws(() => createKeyRing([newSecret(), Buffer.from(weak)]), { instanceOf: TypeError })
    t.false(weak !== '' && error.message.includes(weak))
  }
  t.throws(() => createKeyRing([]), { instanceOf: TypeError })
})

test('neither a ring nor a fault prints a key or a value', (t) => {
  const secret = newSecret()
  const ring = createKeyRing([secret])
  const fault = t.throws(() => ring.open(ring.seal('hidden text', place), { ...place, row: 'b' }))
  const printed = [ring, fault, fault.stack].map((each) => JSON.stringify(each) + String(each)).join()
  for (const form of ['hex', 'base64', 'base64url'] as const) t.false(printed.includes(secret.toString(form)))
  t.false(printed.includes('hidden text'))
})

test('an index is the same for the same text, and another for another name or root', (t) => {
  const root = newSecret()
  const index = createBlindIndex(root)
  t.is(index('email', 'a@b.example'), createBlindIndex(root)('email', 'a@b.example'))
  t.not(index('email', 'a@b.example'), index('username', 'a@b.example'))
  t.not(index('email', 'a@b.example'), createBlindIndex(newSecret())('email', 'a@b.example'))
  t.not(index('email', 'a@b.example'), index('email', 'a@b.exampl'))
})

test('names are compared without case, width, composition and outer spaces', (t) => {
  const alike = [
    ['Straße', 'STRASSE', 'strasse'],
    ['Zoë', 'zoe\u0308', 'ZOË'],
    ['ΟΔΟΣ', 'οδος', 'οδοσ'],
    ['ｂｏｂ', ' bob ', 'BOB'],
    ['ﬁn', 'FIN'],
  ]
  for (const [first = '', ...others] of alike)
    for (const other of others) t.is(normaliseName(other), normaliseName(first))
  t.not(normaliseName('bob'), normaliseName('b0b'))
  t.not(normaliseName('a b'), normaliseName('ab'))
  t.is(normaliseName('\ufdfa'.repeat(100)), undefined)
})

test('whatever a name is, its other composition is the same name', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
      const name = normaliseName(text.normalize('NFC'))
      return name === normaliseName(text.normalize('NFD')) && (name === undefined || name.length > 0)
    }),
  )
  t.pass()
})

const rules = { idle: 60_000, absolute: 600_000, grace: 5_000 }
const nameOf = (at: number) => `user${at}@shop.example`

/** A store with something in every sealed column. */
async function fill(t: ExecutionContext, kind: Kind, { count, ring }: { count: number; ring?: KeyRing }) {
  const opened = await open(t, kind, { ...(ring !== undefined && { ring }) })
  const { store } = opened
  const keyOf = (kid: string) => ({ kid, algorithm: 'ES256', publicKey: '{}', privateKey: `private ${kid}` })
  await store.signingKeys.begin('local', { current: keyOf('one'), next: keyOf('two') })
  const tokens: string[] = []
  for (let at = 0; at < count; at++) {
    const given = { username: nameOf(at), email: nameOf(at), passwordHash: `hash${at}`, claims: { at } }
    const account = (await store.accounts.create(given)) as Account
    const session = { account, client: 'web', scopes: [], details: { agent: `agent${at}` }, rules }
    const begun = await store.sessions.begin(session)
    await store.sessions.rotate(begun?.token ?? '', { client: 'web', rules })
    tokens.push(begun?.token ?? '')
  }
  return { ...opened, tokens }
}

/** A connection beside the store. */
async function openBeside(t: ExecutionContext, url: string): Promise<Database> {
  const database = await openDatabase(settingsOf(url))
  t.teardown(() => database.close())
  return database
}

onBoth('every sealed column is in the list of those that are sealed anew, and no other is', async (t, kind) => {
  const { url } = await fill(t, kind, { count: 1 })
  const database = await openBeside(t, url)
  const sealed = new Set<string>()
  for (const { name } of await database.query<{ name: string }>(tablesOf[kind]))
    for (const row of await database.query<Record<string, unknown>>(`select * from ${name}`))
      for (const [column, value] of Object.entries(row))
        if (typeof value === 'string' && value.startsWith('v1.')) sealed.add(`${name}.${column}`)
  t.deepEqual([...sealed].sort(), sealedColumns.map(({ table, column }) => `${table}.${column}`).sort())
})

const tablesOf = {
  sqlite: `select name from sqlite_schema where type = 'table'`,
  postgres: `select tablename as name from pg_tables where schemaname = 'public'`,
}

onBoth('after a rotation the current key alone opens all of it, and names are found as before', async (t, kind) => {
  const [old, fresh, count] = [newSecret(), newSecret(), 7]
  const { url, tokens } = await fill(t, kind, { count, ring: createKeyRing([old]) })
  const both = await open(t, kind, { url, ring: createKeyRing([fresh, old]) })
  const told: number[] = []
  const { sealed, faults } = await both.store.rotateFields({ batch: 3, progress: (number) => void told.push(number) })
  t.deepEqual(faults, [])
  t.is(sealed, 1 + 2 + count * 6)
  t.is(told.at(-1), sealed)
  t.is((await both.store.rotateFields()).sealed, 0)
  const { store } = await open(t, kind, { url, ring: createKeyRing([fresh]) })
  for (let at = 0; at < count; at++) {
    const account = await store.accounts.findByUsername(nameOf(at).toUpperCase())
    t.like(account, { passwordHash: `hash${at}`, claims: { at } })
    t.is((await store.accounts.findByEmail(nameOf(at)))?.id, account?.id)
    t.like(await store.sessions.list(account?.id ?? ''), [{ details: { agent: `agent${at}` } }])
    t.like(await store.sessions.rotate(tokens[at] ?? '', { client: 'web', rules }), { isRepeat: true })
  }
  t.deepEqual((await store.signingKeys.list('local')).map(({ privateKey }) => privateKey).sort(), [
    'private one',
    'private two',
  ])
})

onBoth('while keys rotate, twice at once, sessions go on and no change is lost', async (t, kind) => {
  const [old, fresh, count] = [newSecret(), newSecret(), 20]
  const { url, store, tokens, clock } = await fill(t, kind, { count, ring: createKeyRing([old, fresh]) })
  const options = { url, clock, ring: createKeyRing([fresh, old]) }
  const nodes = [(await open(t, kind, options)).store, (await open(t, kind, options)).store]
  const go = async (token: string) => {
    const rotated = await store.sessions.rotate(token, { client: 'web', rules })
    return 'token' in rotated ? rotated.token : ''
  }
  const use = async (first: string, at: number) => {
    let token = first
    for (let times = 0; times < 3; times++) token = await go(token)
    const { id = '' } = (await store.accounts.findByUsername(nameOf(at))) ?? {}
    await store.change({ account: id, changes: { claims: { at, changed: true } } })
    return token
  }
  const ends = await Promise.all([...tokens.map(use), ...nodes.map((node) => node.rotateFields({ batch: 2 }))])
  t.false(ends.includes(''))
  for (const node of nodes) t.deepEqual((await node.rotateFields()).faults, [])
  const alone = await open(t, kind, { url, clock, ring: createKeyRing([fresh]) })
  for (let at = 0; at < count; at++)
    t.deepEqual((await alone.store.accounts.findByUsername(nameOf(at)))?.claims, { at, changed: true })
})

onBoth('a value that is changed between its reading and its sealing stays changed', async (t, kind) => {
  const [old, fresh] = [newSecret(), newSecret()]
  const { url, store } = await fill(t, kind, { count: 1, ring: createKeyRing([old, fresh]) })
  const { id = '' } = (await store.accounts.findByUsername(nameOf(0))) ?? {}
  const database = await openBeside(t, url)
  const late: Database = Object.create(database, {
    query: {
      value: async (sql: string, values: readonly Value[]) => {
        if (sql.startsWith('update portcullis_accounts set claims'))
          await store.change({ account: id, changes: { claims: { new: 1, at: undefined } } })
        return database.query(sql, values)
      },
    },
  })
  const ring = createKeyRing([fresh, old])
  await rotateFields(late, ring)
  t.deepEqual((await store.accounts.find(id))?.claims, { new: 1 })
  // The address is written with the claims.
  t.like(await rotateFields(database, ring), { sealed: 2, faults: [] })
  t.deepEqual((await store.accounts.find(id))?.claims, { new: 1 })
})

onBoth('a value that nobody can open is named, stays, and holds up no other', async (t, kind) => {
  const [old, fresh] = [newSecret(), newSecret()]
  const { url, store } = await fill(t, kind, { count: 3, ring: createKeyRing([old]) })
  const [one, two] = (await store.accounts.list({ limit: 2 })).accounts
  const database = await openBeside(t, url)
  await database.query(
    'update portcullis_accounts set email = (select email from portcullis_accounts where id = $1) where id = $2',
    [one?.id ?? '', two?.id ?? ''],
  )
  const both = await open(t, kind, { url, ring: createKeyRing([fresh, old]) })
  const { sealed, faults } = await both.store.rotateFields({ batch: 1 })
  t.is(sealed, 1 + 2 + 3 * 6 - 1)
  t.deepEqual(
    faults.map(({ message }) => message),
    [`\`portcullis_accounts.email\` of row \`${two?.id}\` cannot be opened: it was changed, or it is of another place`],
  )
  await t.throwsAsync(both.store.accounts.find(two?.id ?? ''), { instanceOf: FieldFault })
  t.truthy(await both.store.accounts.find(one?.id ?? ''))
})

onBoth('a ring that is not that of the database starts nothing', async (t, kind) => {
  const { url } = await open(t, kind)
  const world = { ring: createKeyRing([newSecret()]), clock: new HandClock(), randomId }
  await t.throwsAsync(openAccountStore(settingsOf(url), world), {
    instanceOf: StartFault,
    message: /^the field keys are not those of the database: .*`base64:` and its text/,
  })
})

onBoth('nothing of a user or of a credential stands in the database in clear', async (t, kind) => {
  const { url, store, tokens } = await fill(t, kind, { count: 2 })
  const account = await store.accounts.findByUsername(nameOf(0))
  const made = await store.apiKeys.create({ account: account?.id ?? '', name: 'deploy', scopes: [] })
  const last = await store.sessions.rotate(tokens[0] ?? '', { client: 'web', rules })
  await store.failures.admit({ username: nameOf(0), address: '198.51.100.77' })
  await store.failures.admit({ username: 'unknown@shop.example', address: '198.51.100.78' })
  const text = await dump(t, kind, url)
  t.true(text.includes(account?.id ?? '-'))
  const texts = ['shop.example', 'SHOP.EXAMPLE', 'hash0', 'agent0', 'private one', '198.51.100', '"at":']
  const credentials = [...tokens, 'token' in last ? last.token : '-', made?.text ?? '-', made?.text.slice(24) ?? '-']
  for (const secret of [...texts, ...credentials]) t.false(text.includes(secret), secret)
})

/** All that is in the database: its files, or its tables. */
async function dump(t: ExecutionContext, kind: Kind, url: string): Promise<string> {
  if (kind === 'sqlite') {
    const path = url.slice('sqlite:'.length)
    return ['', '-wal', '-shm'].map((end) => readFileSync(`${path}${end}`, 'latin1')).join()
  }
  const database = await openBeside(t, url)
  const tables = await database.query<{ name: string }>(tablesOf.postgres)
  return JSON.stringify(await Promise.all(tables.map(({ name }) => database.query(`select * from ${name}`))))
}
