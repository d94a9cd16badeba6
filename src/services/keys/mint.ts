/** Makes tokens of a `builtin` issuer, in the shape of RFC 9068. */

import { randomUUID } from 'node:crypto'
import { StartFault } from '../../core/start-fault.ts'
import type { Clock } from '../clock.ts'
import { audiences, type IssuerBlock, issuerClaim } from './issuer.ts'
import { type SigningKey, signToken } from './signing-key.ts'
import { accessTtlOf } from './stored/key-life.ts'

/** What a token shall say. */
export interface Minting {
  /** The name in `issuers`. */
  readonly name: string
  readonly block: IssuerBlock
  readonly sub: string
  readonly scopes?: readonly string[]
  readonly roles?: readonly string[]
  /** Further claims; none of them replaces one that is made here. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** Seconds; the issuer's `accessTtl` unless told. */
  readonly ttlSeconds?: number
  /** One of the issuer's audiences; all of them unless told. */
  readonly audience?: string
}

/** A signed token; a wish that the issuer cannot fulfil is a `StartFault`. */
export function mintToken(minting: Minting, key: SigningKey, clock: Clock): string {
  const made = makeClaims(minting, Math.floor(clock.now() / 1000))
  const taken = Object.keys(minting.claims ?? {}).find((name) => Object.hasOwn(made, name) || name === 'nbf')
  if (taken !== undefined) throw new StartFault(`the claim \`${taken}\` is made by the issuer and cannot be given`)
  return signToken({ ...minting.claims, ...made }, key)
}

function makeClaims({ name, block, sub, scopes = [], roles = [], ttlSeconds, audience }: Minting, now: number) {
  if (block.builtin !== true)
    throw new StartFault(`issuer \`${name}\` is not \`builtin\`: its tokens are made elsewhere`)
  const known = audiences(block)
  if (audience !== undefined && !known.includes(audience)) {
    throw new StartFault(`expected one of the issuer's audiences (${known.join(', ')}), not \`${audience}\``)
  }
  return {
    iss: issuerClaim(name, block),
    sub,
    aud: audience ?? (known.length === 1 ? known[0] : known),
    client_id: 'portcullis',
    iat: now,
    exp: now + (ttlSeconds ?? accessTtlOf(block) / 1000),
    jti: randomUUID(),
    scope: scopes.join(' '),
    roles,
  }
}
