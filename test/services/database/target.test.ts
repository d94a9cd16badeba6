/** URLs of the durable store: what they lead to, and what is said of wrong ones. */

import test from 'ava'
import { nameOf, readDatabaseTarget } from '../../../src/services/database/target.ts'

const usual = { kind: 'postgres', host: 'db', port: 5432, database: 'shop', isEncrypted: true }

test('a file stands after `sqlite:`', (t) => {
  for (const [url, path] of [
    ['sqlite:data/portcullis.db', 'data/portcullis.db'],
    ['sqlite:/var/lib/a b.db', '/var/lib/a b.db'],
    ['sqlite:///var/lib/a.db', '/var/lib/a.db'],
    ['sqlite:a%20b.db', 'a%20b.db'],
  ] as const)
    t.deepEqual(readDatabaseTarget(url), { kind: 'sqlite', path })
})

test('a server is reached with TLS unless it says otherwise', (t) => {
  t.like(readDatabaseTarget('postgres://db/shop'), { ...usual, username: undefined, password: undefined })
  t.like(readDatabaseTarget('postgresql://db/shop?sslmode=verify-full'), usual)
  t.like(readDatabaseTarget('postgres://db/shop?sslmode=disable'), { ...usual, isEncrypted: false })
  t.like(readDatabaseTarget('postgres://db:6543/shop'), { ...usual, port: 6543 })
  t.like(readDatabaseTarget('postgres://[::1]:6543/shop'), { ...usual, host: '::1', port: 6543 })
  t.like(readDatabaseTarget('postgres://gate@db/shop'), { username: 'gate', password: undefined })
})

test('a password may hold whatever a secret does, escaped or not', (t) => {
  t.like(readDatabaseTarget('postgres://gate:p%40ss%2F@db/shop'), { username: 'gate', password: 'p@ss/' })
  t.like(readDatabaseTarget('postgres://gate:p@s:s/w?r#d%@db/shop'), { username: 'gate', password: 'p@s:s/w?r#d%' })
})

test('modes that hold off nobody, several hosts, and other schemes are refused; no message quotes the url', (t) => {
  for (const url of [
    ...['require', 'prefer', 'allow', 'no-verify', 'verify-ca'].map((mode) => `postgres://db/shop?sslmode=${mode}`),
    'postgres://db/shop?sslmode=disable&sslmode=verify-full',
    'postgres://db/shop?host=/tmp',
    'postgres://gate:hidden@one,two/shop',
    'postgres://gate:hidden@db',
    'postgres://gate:hidden@db/',
    'postgres://gate:hidden@db:0/shop',
    'postgres://gate:hidden@db:65536/shop',
    'mysql://gate:hidden@db/shop',
    'sqlite:',
    'sqlite::memory:',
    'sqlite:a.db?mode=ro',
    'sqlite:a\0b',
    '',
    'hidden',
  ]) {
    const said = readDatabaseTarget(url)
    t.is(typeof said, 'string', url)
    t.false(String(said).includes('hidden'))
  }
})

test('the name of a target holds neither user nor password', (t) => {
  const name = (url: string) => {
    const target = readDatabaseTarget(url)
    return typeof target === 'string' ? target : nameOf(target)
  }
  t.is(name('postgres://gate:hidden@[::1]/shop'), '[::1]:5432/shop')
  t.is(name('sqlite:data/a.db'), 'data/a.db')
})
