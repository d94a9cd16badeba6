/** Verifying a token, new and seen before: the product's verifier beside jsonwebtoken. */

import { createSecretKey, generateKeyPairSync, type KeyObject, sign as signBytes } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { Denial } from '../../../src/core/denial.ts'
import { systemClock } from '../../../src/services/clock.ts'
import { openIssuer } from '../../../src/services/keys/open-issuer.ts'
import type { TokenVerifier } from '../../../src/services/keys/verifier.ts'
import { createLog } from '../../../src/services/log.ts'
import { Status } from '../../../src/services/status.ts'
import { audience, issuer, secret } from '../agreed.ts'
import { median } from '../statistics.ts'
import { sign, signedBy } from '../tokens.ts'
import { duration, nanoseconds, type Part } from './part.ts'

const tokens = 500
const repeats = 7

interface Kind {
  readonly algorithm: 'HS256' | 'RS256' | 'ES256'
  readonly key: KeyObject
  readonly block: { readonly secret: string } | { readonly publicKeys: readonly string[] }
  readonly token: (id: string) => string
}

export async function measureTokens(): Promise<readonly Part[]> {
  const parts: Part[] = []
  for (const kind of [hmac(), asymmetric('RS256'), asymmetric('ES256')]) parts.push(await measure(kind))
  return parts
}

async function measure({ algorithm, key, block, token }: Kind): Promise<Part> {
  const fresh = Array.from({ length: tokens }, (_, index) => token(`t${index}`))
  const open = () =>
    openIssuer(
      'shop',
      { issuer, audience, algorithms: [algorithm], ...block },
      {
        clock: systemClock,
        revocation: { isRevoked: () => false },
        status: new Status(),
        log: createLog({ pretty: false, level: 'error' }),
        development: false,
      },
    )
  const verifiers = await Promise.all(Array.from({ length: repeats + 1 }, open))
  const [first] = verifiers
  const every = verifiers.slice(1).map((verifier) => timeEach(fresh, verifier))
  const seen = nanoseconds(200_000, () => first?.verify(fresh[0] ?? ''))
  const options = { algorithms: [algorithm], issuer, audience }
  const theirs = nanoseconds(tokens, (index) => jwt.verify(fresh[index] ?? '', key, options))
  const figures = [median(every), seen, theirs].map(duration).join(' · ')
  return { part: `${algorithm} token: ours, new · seen before · jsonwebtoken with a KeyObject`, figure: figures }
}

/** Nanoseconds of one token that this verifier has not seen. */
function timeEach(fresh: readonly string[], verifier: TokenVerifier): number {
  if (verifier.verify(fresh[0] ?? '') instanceof Denial) throw new Error('a good token is refused')
  const before = performance.now()
  for (const token of fresh.slice(1)) verifier.verify(token)
  return ((performance.now() - before) * 1e6) / (fresh.length - 1)
}

const hmac = (): Kind => ({
  algorithm: 'HS256',
  key: createSecretKey(Buffer.from(secret)),
  block: { secret },
  token: (jti) => sign({ jti }),
})

function asymmetric(algorithm: 'RS256' | 'ES256'): Kind {
  const { privateKey, publicKey } =
    algorithm === 'RS256'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const prove = (text: string) => signBytes('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' })
  return {
    algorithm,
    key: publicKey,
    block: { publicKeys: [publicKey.export({ format: 'pem', type: 'spki' }).toString()] },
    token: (jti) => signedBy(prove, { claims: { jti }, header: { alg: algorithm } }),
  }
}
