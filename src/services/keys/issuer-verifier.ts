/** Judges the tokens of one issuer: shape, header, claims, signature, time, revocation, in this order. */

import { Denial } from '../../core/denial.ts'
import { TextCache } from '../../core/text-cache.ts'
import type { Clock } from '../clock.ts'
import type { RevocableToken, Revocation } from '../revocation/revocation.ts'
import { type Algorithm, isAlgorithm } from './algorithm.ts'
import type { ReadPrincipal } from './claim-mapping.ts'
import { type Expected, readRegistered } from './claims.ts'
import type { KeySource, Wanted } from './key-source.ts'
import { refusal } from './refusal.ts'
import { isSigned } from './signature.ts'
import { readToken } from './token.ts'
import type { TokenVerifier, Verified } from './verifier.ts'

/** What is known of a token apart from its signature. */
interface Statement {
  readonly verified: Verified
  readonly revocable: RevocableToken
  /** Milliseconds since the Unix epoch, the leeway included; valid from the first and before the second. */
  readonly from: number
  readonly until: number
}

interface VerifierParts extends Expected {
  readonly name: string
  readonly algorithms: readonly Algorithm[]
  /** Milliseconds. */
  readonly leeway: number
  readonly readPrincipal: ReadPrincipal
  readonly keys: KeySource
  readonly clock: Clock
  readonly revocation: Pick<Revocation, 'isRevoked'>
}

type Verdict = Verified | Denial

export class IssuerVerifier implements TokenVerifier {
  readonly name: string
  readonly issuer: string
  readonly #parts: VerifierParts
  #generation = -1
  #signed = newSigned()
  #forged = newForged()

  constructor(parts: VerifierParts) {
    this.name = parts.name
    this.issuer = parts.issuer
    this.#parts = parts
  }

  verify(token: string): Verdict | Promise<Verdict> {
    this.#forgetOldKeys()
    const known = this.#signed.get(token)
    if (known !== undefined) return this.#admit(known)
    return this.#forged.get(token) ?? this.#examine(token)
  }

  close(): void {
    this.#parts.keys.close()
  }

  /** What was proven with keys that have changed since is proven no more. */
  #forgetOldKeys(): void {
    if (this.#generation === this.#parts.keys.generation) return
    this.#generation = this.#parts.keys.generation
    this.#signed = newSigned()
    this.#forged = newForged()
  }

  #examine(text: string): Verdict | Promise<Verdict> {
    const token = readToken(text)
    if (token instanceof Denial) return token
    const { alg, kid } = token.header
    if (!isAlgorithm(alg) || !this.#parts.algorithms.includes(alg)) return refusal.algorithm
    const registered = readRegistered(token, this.#parts)
    if (registered instanceof Denial) return registered
    const principal = this.#parts.readPrincipal(token.claims)
    if (principal === undefined) return refusal.principal
    const { audience, id, issuedAt, notBefore, expires } = registered
    const statement = {
      verified: Object.freeze({ principal, audience }),
      revocable: {
        issuer: this.issuer,
        user: principal.id,
        id,
        issuedAt,
        session: textOf(token.claims.sid),
        version: numberOf(token.claims.grants_version),
      },
      from: notBefore * 1000 - this.#parts.leeway,
      until: expires * 1000 + this.#parts.leeway,
    }
    const wanted = { algorithm: alg, kid }
    const renewing = this.#parts.keys.renew(wanted)
    return renewing ? renewing.then(() => this.#prove(text, statement, wanted)) : this.#prove(text, statement, wanted)
  }

  #prove(text: string, statement: Statement, wanted: Wanted): Verdict {
    this.#forgetOldKeys()
    const keys = this.#parts.keys.find(wanted)
    if (keys instanceof Denial) return keys
    if (keys.length === 0) return refusal.key
    if (!keys.some((key) => isSigned(text, wanted.algorithm, key))) {
      this.#forged.set(text, refusal.signature)
      return refusal.signature
    }
    this.#signed.set(text, statement)
    return this.#admit(statement)
  }

  /** What may change from one request to the next, asked on every one. */
  #admit({ verified, revocable, from, until }: Statement): Verdict {
    const now = this.#parts.clock.now()
    if (now >= until) return refusal.expired
    if (now < from) return refusal.notYet
    return this.#parts.revocation.isRevoked(revocable) ? refusal.revoked : verified
  }
}

const textOf = (claim: unknown): string | undefined => (typeof claim === 'string' ? claim : undefined)

const numberOf = (claim: unknown): number | undefined => (Number.isSafeInteger(claim) ? Number(claim) : undefined)

const newSigned = () => new TextCache<Statement>({ texts: 5_000, characters: 4_000_000 })
const newForged = () => new TextCache<Denial>({ texts: 500, characters: 500_000 })
