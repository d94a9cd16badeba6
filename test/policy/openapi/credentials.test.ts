/** What the document tells of credentials that are no bearer tokens, and of stronger logins. */

import test from 'ava'
import { at, documentOf } from './reading.ts'

const policies = `
issuers:
  shop: { builtin: true, audience: shop-api, refreshTtl: 30d, scopes: [orders:read] }
routes:
  GET /orders: { authenticate: [{ jwt: { issuers: [shop], maxAge: 5m } }, apiKey], scopes: [orders:read], reply: {} }
  GET /own: { authenticate: { apiKey: { header: X-Shop-Key } }, reply: {} }
  GET /me: { authenticate: [apiKey, jwt], builtin: me }
  POST /hooks: { authenticate: { signature: { header: X-Hub-Signature-256, prefix: 'sha256=', secret: '\${secret:hook}' } }, input: { body: any }, reply: {} }
  POST /either:
    authenticate: [{ signature: { header: X-Time-Signature, timestamp: X-Time, secret: '\${secret:hook}' } }, public]
    rateLimit: [{ by: ip, limit: 5, per: 1m }]
    reply: {}
`

test('keys and signatures are schemes of their own, each once', async (t) => {
  const document = await documentOf(t, policies)
  t.deepEqual(at(document, 'paths', '/orders', 'get', 'security'), [
    { shop: ['orders:read'] },
    { apiKey: ['orders:read'] },
  ])
  t.deepEqual(at(document, 'paths', '/own', 'get', 'security'), [{ 'apiKey.2': [] }])
  t.deepEqual(at(document, 'paths', '/me', 'get', 'security'), [{ apiKey: [] }, { shop: [] }])
  t.deepEqual(at(document, 'paths', '/hooks', 'post', 'security'), [{ signature: [] }])
  t.deepEqual(at(document, 'paths', '/either', 'post', 'security'), [{ 'signature.2': [] }, {}])
  const key = { type: 'apiKey', in: 'header', description: 'An API key of an account.' }
  const schemes = at(document, 'components', 'securitySchemes') as Record<string, unknown>
  t.deepEqual(schemes.apiKey, { ...key, name: 'X-API-Key' })
  t.deepEqual(schemes['apiKey.2'], { ...key, name: 'X-Shop-Key' })
  t.deepEqual(schemes.signature, {
    type: 'apiKey',
    in: 'header',
    name: 'X-Hub-Signature-256',
    description: 'HMAC-SHA-256 of `{body}`, in hex, after `sha256=`.',
  })
  t.is(
    at(document, 'components', 'securitySchemes', 'signature.2', 'description'),
    'HMAC-SHA-256 of `{timestamp}.{body}`, in hex.',
  )
  t.false(JSON.stringify(document).includes('secret:hook'))
})

test('a stronger login is told, with its refusal, where one is asked for', async (t) => {
  const document = await documentOf(t, policies)
  const told = (path: string) => JSON.stringify(at(document, 'paths', path, 'get'))
  t.true(told('/orders').includes('Needs a login no longer than 5m ago.'))
  t.true(told('/orders').includes('step_up_required'))
  t.false(told('/me').includes('step_up_required'))
  t.true(told('/own').includes('credential_missing'))
})
