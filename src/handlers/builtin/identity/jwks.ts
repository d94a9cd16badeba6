/** `builtin: jwks`: the public keys that tokens of this server verify with (RFC 7517). */

import type { Builtin } from '../about.ts'
import { identityOf } from './identity-route.ts'

const headers = Object.freeze(['Content-Type', 'application/jwk-set+json', 'Cache-Control', 'public, max-age=300'])

export const jwks: Builtin = {
  answers: { 200: { description: 'The key set.', content: { 'application/jwk-set+json': {} } } },
  compile(services) {
    const answer = { status: 200, headers, body: JSON.stringify(identityOf(services).keySet) }
    return () => answer
  },
}
