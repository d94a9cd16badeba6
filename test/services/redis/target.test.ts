import test from 'ava'
import fc from 'fast-check'
import { nameOf, readTarget, type Target } from '../../../src/services/redis/target.ts'

const read = (url: string): Target => {
  const target = readTarget(url)
  if (typeof target === 'string') throw new Error(target)
  return target
}

const plain = { kind: 'server', isEncrypted: false, master: '', username: undefined, password: undefined, database: 0 }

test('reads a server, a cluster and sentinels', (t) => {
  t.deepEqual(read('redis://localhost'), { ...plain, hosts: [{ host: 'localhost', port: 6379 }] } as Target)
  t.like(read('rediss://[::1]:6380/3'), { isEncrypted: true, hosts: [{ host: '::1', port: 6380 }], database: 3 })
  t.like(read('REDISS+Cluster://a:1,b:2'), {
    kind: 'cluster',
    hosts: [
      { host: 'a', port: 1 },
      { host: 'b', port: 2 },
    ],
  })
  t.like(read('redis+sentinel://a,b:1/my%20master/2'), {
    kind: 'sentinel',
    hosts: [
      { host: 'a', port: 26_379 },
      { host: 'b', port: 1 },
    ],
    master: 'my master',
    database: 2,
  })
})

test('reads users and passwords, escaped or as they are', (t) => {
  t.like(read('redis://gate:p%40ss%2F@h'), { username: 'gate', password: 'p@ss/' })
  t.like(read('redis://:secret@h'), { username: undefined, password: 'secret' })
  t.like(read('redis://gate@h'), { username: 'gate', password: undefined })
  t.like(read('redis://gate:a@b/c?d#e:100%@h:1'), {
    username: 'gate',
    password: 'a@b/c?d#e:100%',
    hosts: [{ host: 'h' }],
  })
})

test('any password comes back as it was, where it is escaped', (t) => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (password) => {
      t.is(read(`redis://gate:${encodeURIComponent(password)}@h`).password, password)
    }),
  )
})

test('says what is wrong, and never quotes the url', (t) => {
  for (const [url, message] of [
    ['', /begins with/],
    ['http://h', /begins with/],
    ['redis://', /begins with/],
    ['redis://h:0', /host:port/],
    ['redis://h:65536', /host:port/],
    ['redis://:hunter2@a,,b', /host:port/],
    ['redis://:hunter2@a,b', /one host/],
    ['redis+sentinel://:hunter2@a', /name of the master/],
    ['redis://:hunter2@h/one', /number of a database/],
    ['redis://:hunter2@h/1/2', /number of a database/],
    ['redis+cluster://:hunter2@h/1', /no database/],
  ] as const) {
    const target = readTarget(url)
    t.regex(String(target), message, url)
    t.false(String(target).includes('hunter2'))
  }
})

test('names a target without its user and password', (t) => {
  t.is(nameOf(read('redis://gate:secret@[::1]:1')), '[::1]:1')
  t.is(nameOf(read('rediss+sentinel://gate:secret@a,b/m/1')), 'a:26379,b:26379/m')
})
