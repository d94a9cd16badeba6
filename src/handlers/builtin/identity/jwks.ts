/** `builtin: jwks`: the public keys that tokens of this server verify with (RFC 7517). */

import type { Answer } from '../../../core/answer.ts'
import type { Exchange } from '../../../core/exchange.ts'
import { jwksMaxAge } from '../../../services/keys/stored/key-life.ts'
import type { PublishedKeys } from '../../../services/keys/stored/key-set.ts'
import type { Builtin } from '../about.ts'
import { isKnown } from '../page.ts'
import { identityOf } from './identity-route.ts'

const caching = `public, max-age=${jwksMaxAge / 1_000}`

export const jwks: Builtin = {
  answers: { 200: { description: 'The key set.', content: { 'application/jwk-set+json': {} } } },
  compile(services) {
    const identity = identityOf(services)
    return async function jwksDestination(exchange) {
      return answer(await identity.published(), exchange)
    }
  },
}

/** 304 where the client has it already. */
function answer({ body, tag }: PublishedKeys, { ctx, method }: Exchange): Answer {
  const headers = ['ETag', tag, 'Cache-Control', caching]
  const isRead = method === 'GET' || method === 'HEAD'
  if (isRead && isKnown(ctx.req.headers['if-none-match'], tag)) return { status: 304, headers }
  return { status: 200, headers: [...headers, 'Content-Type', 'application/jwk-set+json'], body }
}
