/** What the document tells of client certificates. */

import test from 'ava'
import { at, documentOf } from './reading.ts'

const policies = `
settings:
  tls: { cert: '\${file:tls.crt}', key: '\${file:tls.key}', clientCa: '\${file:clients.crt}' }
routes:
  GET /a: { authenticate: mtls, reply: {} }
  GET /b: { authenticate: [{ mtls: { id: dns } }, public], rateLimit: [{ by: ip, limit: 5, per: 1m }], reply: {} }
`

test('client certificates are one scheme', async (t) => {
  const document = await documentOf(t, policies)
  t.deepEqual(at(document, 'paths', '/a', 'get', 'security'), [{ mtls: [] }])
  t.deepEqual(at(document, 'paths', '/b', 'get', 'security'), [{ mtls: [] }, {}])
  t.deepEqual(at(document, 'components', 'securitySchemes'), {
    mtls: { type: 'mutualTLS', description: 'A client certificate.' },
  })
})
