/** Keys, prefixes and hosts of routes. */

import test from 'ava'
import { findingsOf, policyOf } from './folder.ts'

const pathsOf = (t: Parameters<typeof policyOf>[0], prefix: string, keys: readonly string[]) =>
  policyOf(
    t,
    `${prefix}defaults: { authenticate: public, rateLimit: [{ by: ip, limit: 5, per: 1s }] }\nroutes:\n${keys.map((key) => `  ${key}: { builtin: health }\n`).join('')}`,
  ).routes.map(({ method, path, params }) => [method, path, ...params].join(' '))

test('a prefix stands before every path, without a final slash for `/`', (t) => {
  const keys = ['GET /', 'POST /:id', 'ANY /*rest', 'GET /:id/']
  t.deepEqual(pathsOf(t, 'prefix: /orders\n', keys), [
    'GET /orders',
    'POST /orders/:id id',
    'ANY /orders/*rest rest',
    'GET /orders/:id/ id',
  ])
  t.deepEqual(pathsOf(t, 'prefix: /\n', ['GET /']), ['GET /'])
  t.deepEqual(pathsOf(t, 'prefix: /shops/:shop\n', ['GET /orders/:id']), ['GET /shops/:shop/orders/:id shop id'])
})

test('literals are brought to the spelling that requests are matched in', (t) => {
  t.deepEqual(pathsOf(t, '', ['GET /%6frders/caf%c3%a9', 'GET /größe']), [
    'GET /orders/caf%C3%A9',
    'GET /gr%C3%B6%C3%9Fe',
  ])
})

test('hosts are names, addresses and one leading wildcard, in lower case', (t) => {
  const hosts = (written: string) =>
    policyOf(t, `host: ${written}\nroutes:\n  GET /a: { authenticate: public, builtin: health }\n`).routes[0]?.hosts
  t.deepEqual(hosts('API.Shop.example'), ['api.shop.example'])
  t.deepEqual(hosts("['*.shop.example', shop.example, 127.0.0.1, '[::1]', localhost]"), [
    '*.shop.example',
    'shop.example',
    '127.0.0.1',
    '[::1]',
    'localhost',
  ])
})

test('the same path may stand once for each host, and once for all others', (t) => {
  const route = 'GET /a: { authenticate: public, builtin: health }'
  const found = findingsOf(t, `routes:\n  ${route}\n  GET /%61: { authenticate: public, builtin: health }\n`)
  t.deepEqual(found, ['3:3 routes/duplicate'])
  t.deepEqual(findingsOf(t, `host: [a.example, a.example]\nroutes:\n  ${route}\n`), ['1:7 policy/invalid-value'])
})

test('a service is named by its file unless it says otherwise', (t) => {
  const text = 'routes:\n  GET /a: { authenticate: public, builtin: health }\n'
  t.is(policyOf(t, text).routes[0]?.service, 'shop')
  t.is(policyOf(t, `service: carts\n${text}`).routes[0]?.service, 'carts')
  t.is(policyOf(t, `service: carts\n${text}`).routes[0]?.owner, 'carts/GET /a/')
})
