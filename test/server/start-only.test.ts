import { createSecretKey } from 'node:crypto'
import test from 'ava'
import { readSettings, type WrittenSettings } from '../../src/policy/settings.ts'
import { startOnlyChanges } from '../../src/server/start-only.ts'

const changes = (before: WrittenSettings, after: WrittenSettings) =>
  startOnlyChanges(readSettings(before), readSettings(after))

test('names what only a start changes', (t) => {
  t.deepEqual(changes({ listen: { port: 1 } }, { listen: { port: 2 } }), ['settings.listen'])
  t.deepEqual(changes({}, { limits: { headers: '8kb', connections: 5 } }), [
    'settings.limits.headers',
    'settings.limits.connections',
  ])
  t.deepEqual(changes({}, { limits: { headersTimeout: '1s', requestTimeout: '1s' } }), [
    'settings.limits.headersTimeout',
    'settings.limits.requestTimeout',
  ])
  t.deepEqual(changes({}, { audit: 'off' }), ['settings.audit'])
  t.deepEqual(changes({ state: 'memory' }, { state: 'rediss://redis.internal' }), ['settings.state'])
  t.deepEqual(changes({}, { admin: { token: 'one' } }), ['settings.admin'])
  t.deepEqual(changes({ admin: { token: 'one' } }, { admin: { token: 'one', port: 9902 } }), ['settings.admin'])
  t.deepEqual(changes({ audit: {} }, { audit: { retain: '400d' } }), ['settings.audit'])
})

test('says nothing of what a reload changes, and of what is the same', (t) => {
  t.deepEqual(changes({}, {}), [])
  t.deepEqual(changes({ state: 'rediss://one' }, { state: { url: 'rediss://one' } }), [])
  t.deepEqual(changes({ state: 'rediss://a:one@redis' }, { state: 'rediss://b:two@redis' }), [])
  t.deepEqual(changes({ state: 'rediss://a:one@redis' }, { state: 'rediss://a:one@other' }), ['settings.state'])
  t.deepEqual(changes({ listen: { port: 8080 } }, {}), [])
  t.deepEqual(changes({}, { limits: { body: '1kb' }, trustedProxies: ['10.0.0.0/8'], openapi: { title: 'x' } }), [])
  t.deepEqual(changes({ admin: { token: 'one' } }, { admin: { token: 'two', port: 9901 } }), [])
  t.deepEqual(changes({}, { secrets: { provider: 'file', dir: '/run/secrets' } }), [])
})

test('says nothing of another caller of the same database, and names another database', (t) => {
  const of = (more: object, url = 'postgres://a:one@db/shop') => ({ database: { url, ...more } }) as WrittenSettings
  const key = (byte: string) => byte.repeat(40)
  const before = of({ ca: 'a', cert: 'b', key: 'c', fieldKeys: [key('k')] })
  const others = [
    of({ ca: 'x', cert: 'y', key: 'z', fieldKeys: [key('k')] }, 'postgres://b:two@db/shop'),
    of({ fieldKeys: [key('k')], username: 'b', password: 'two' }),
  ]
  for (const other of others) t.deepEqual(changes(before, other), [])
  const rest = [
    of({ fieldKeys: [key('l')] }),
    of({ fieldKeys: [key('k')], serverName: 'other' }),
    of({ fieldKeys: [key('k')], deadline: '1s' }),
    ...['db/other', 'db:1/shop', 'other/shop', 'db/shop?sslmode=disable'].map((place) =>
      of({ fieldKeys: [key('k')] }, `postgres://a:one@${place}`),
    ),
    of({ fieldKeys: [key('k')] }, 'sqlite:shop.db'),
  ]
  for (const other of rest) t.deepEqual(changes(before, other), ['settings.database'], JSON.stringify(other))
  t.deepEqual(changes(of({}, 'sqlite:a.db'), of({}, 'sqlite:b.db')), ['settings.database'])
})

test('compares keys by what they are', (t) => {
  const settings = (byte: number) => ({
    ...readSettings(),
    audit: { key: createSecretKey(Buffer.alloc(32, byte)) } as never,
  })
  t.deepEqual(startOnlyChanges(settings(1), settings(1)), [])
  t.deepEqual(startOnlyChanges(settings(1), settings(2)), ['settings.audit'])
})
