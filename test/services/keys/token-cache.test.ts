import test from 'ava'
import { Denial } from '../../../src/core/denial.ts'
import { compileMapping } from '../../../src/services/keys/claim-mapping.ts'
import { IssuerVerifier } from '../../../src/services/keys/issuer-verifier.ts'
import { type KeySource, selectKeys } from '../../../src/services/keys/key-source.ts'
import type { VerificationKey } from '../../../src/services/keys/public-key.ts'
import type { RevocableToken, Revocation } from '../../../src/services/revocation/revocation.ts'
import { craft, goodClaims, now } from '../../fixtures/tokens/craft.ts'
import { hmacKey, otherP256, p256 } from '../../fixtures/tokens/keys.ts'
import { HandClock } from '../../helpers/hand-clock.ts'

const key: VerificationKey = { kid: undefined, key: p256.publicKey, algorithms: ['ES256'] }

/** Keys that the test exchanges, and a count of how often they were asked for. */
class HandKeys implements KeySource {
  generation = 0
  asked = 0
  #keys: readonly VerificationKey[] = [key]

  find(wanted: Parameters<KeySource['find']>[0]) {
    this.asked++
    return selectKeys(this.#keys, wanted)
  }

  renew(): undefined {}

  close(): void {}

  exchange(keys: readonly VerificationKey[]): void {
    this.#keys = keys
    this.generation++
  }
}

function open(revocation: Pick<Revocation, 'isRevoked'> = { isRevoked: () => false }) {
  const [keys, clock] = [new HandKeys(), new HandClock()]
  const issuer = goodClaims.iss
  const parts = {
    name: 'corp',
    issuer,
    audiences: ['orders-api'],
    type: undefined,
    algorithms: ['ES256'],
    leeway: 0,
    keys,
    clock,
    revocation,
  } as const
  return { verifier: new IssuerVerifier({ ...parts, readPrincipal: compileMapping({}, issuer) }), keys, clock }
}

const token = craft({ algorithm: 'ES256', key: p256.privateKey })
const codeOf = (verdict: unknown) => (verdict instanceof Denial ? verdict.code : 'ok')

test('verifies a token once and remembers it', (t) => {
  const { verifier, keys } = open()
  const first = verifier.verify(token)
  t.is(codeOf(first), 'ok')
  t.is(verifier.verify(token), first)
  t.is(keys.asked, 1)
})

test('remembers a forged token too', (t) => {
  const { verifier, keys } = open()
  const forged = craft({ algorithm: 'ES256', key: otherP256.privateKey })
  t.is(codeOf(verifier.verify(forged)), 'token_invalid')
  t.is(codeOf(verifier.verify(forged)), 'token_invalid')
  t.is(keys.asked, 1)
})

test('sees a remembered token expire', (t) => {
  const { verifier, clock } = open()
  t.is(codeOf(verifier.verify(token)), 'ok')
  clock.pass(599_999)
  t.is(codeOf(verifier.verify(token)), 'ok')
  clock.pass(1)
  t.is(codeOf(verifier.verify(token)), 'token_expired')
})

test('admits a remembered token once its nbf has come', (t) => {
  const { verifier, clock } = open()
  const early = craft({ algorithm: 'ES256', key: p256.privateKey, claims: { nbf: now + 10 } })
  t.is(codeOf(verifier.verify(early)), 'token_invalid')
  clock.pass(10_000)
  t.is(codeOf(verifier.verify(early)), 'ok')
})

test('asks for revocation on every hit', (t) => {
  const asked: RevocableToken[] = []
  let answer = false
  const isRevoked = (token: RevocableToken) => {
    asked.push(token)
    return answer
  }
  const { verifier } = open({ isRevoked })
  const claims = { jti: 'j1', sid: 's1', grants_version: 3, iat: now }
  const named = craft({ algorithm: 'ES256', key: p256.privateKey, claims })
  t.is(codeOf(verifier.verify(named)), 'ok')
  answer = true
  t.is(codeOf(verifier.verify(named)), 'token_invalid')
  answer = false
  t.is(codeOf(verifier.verify(named)), 'ok')
  const token = { issuer: goodClaims.iss, user: 'u1', id: 'j1', session: 's1', version: 3, issuedAt: now }
  t.deepEqual(asked, Array(3).fill(token))
})

test('forgets what was proven when the keys change', (t) => {
  const { verifier, keys } = open()
  t.is(codeOf(verifier.verify(token)), 'ok')
  keys.exchange([{ ...key, key: otherP256.publicKey }])
  t.is(codeOf(verifier.verify(token)), 'token_invalid')
  keys.exchange([key])
  t.is(codeOf(verifier.verify(token)), 'ok')
})

test('never takes one token for another that begins alike', (t) => {
  const { verifier } = open()
  verifier.verify(token)
  for (const other of [token.slice(0, -1), `${token}A`, ` ${token}`, token.toUpperCase()]) {
    t.is(codeOf(verifier.verify(other)), 'token_invalid')
  }
})

test('remembers nothing of a token whose algorithm is not allowed', (t) => {
  const { verifier, keys } = open()
  for (let n = 0; n < 3; n++) verifier.verify(craft({ algorithm: 'HS256', key: hmacKey }))
  t.is(keys.asked, 0)
})
