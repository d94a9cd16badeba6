/** While the secret of an issuer is rotated, what is signed with the value before or after is accepted, for a time. */

import { createSecretKey } from 'node:crypto'
import test from 'ava'
import { Denial } from '../../../src/core/denial.ts'
import type { TokenVerifier } from '../../../src/services/keys/verifier.ts'
import { VerifierPool } from '../../../src/services/keys/verifier-pool.ts'
import { Secret } from '../../../src/services/secrets/secret.ts'
import type { Other } from '../../../src/services/secrets/secrets.ts'
import { craft } from '../../fixtures/tokens/craft.ts'
import { pem, rsa } from '../../fixtures/tokens/keys.ts'
import { good, hs, openCorp, worldOf } from '../../fixtures/tokens/open.ts'

const before = 'b4kNfJ0rQ8vXcT2mZyW6sLhGd1aEuP3i'
const after = 'h7Gd2sKq9mWx4LpZ1vNc8RbT5yJf3Ae6'

const tokenOf = (text: string, exp?: number) =>
  craft({ ...good, key: createSecretKey(Buffer.from(text)), ...(exp && { claims: { exp } }) })
const other = (text: string, until?: number): Other => ({ secret: new Secret('partner', text), until })

const codeOf = async (verifier: TokenVerifier, token: string) => {
  const verdict = await verifier.verify(token)
  return verdict instanceof Denial ? verdict.code : 'ok'
}

test('accepts the value to come, and the one before until its time is over, also of a token that it knows', async (t) => {
  const world = worldOf({ othersOf: () => [other(after), other(before, 1_700_000_060_000)] })
  const verifier = await openCorp(hs, world)
  const far = 1_700_100_000
  const codes = () =>
    Promise.all(
      [craft({ ...good, claims: { exp: far } }), tokenOf(after, far), tokenOf(before, far)].map((token) =>
        codeOf(verifier, token),
      ),
    )
  t.deepEqual(await codes(), ['ok', 'ok', 'ok'])
  world.clock.pass(59_999)
  t.deepEqual(await codes(), ['ok', 'ok', 'ok'])
  world.clock.pass(1)
  t.deepEqual(await codes(), ['ok', 'ok', 'token_invalid'])
})

test('accepts no other value that would be refused in its place', async (t) => {
  const weak = ['hunter2', 'a-string-secret-at-least-256-bits-long', 'base64:!', pem(rsa)]
  for (const text of weak) {
    const world = worldOf({ othersOf: () => [other(text)] })
    const verifier = await openCorp(hs, world)
    t.is(await codeOf(verifier, craft(good)), 'ok')
    t.is(await codeOf(verifier, tokenOf(text)), 'token_invalid', text)
    t.deepEqual(world.lines, ['warn another value of the secret `partner` is not accepted: `check` would refuse it'])
  }
})

test('another value beside the one in use makes another verifier', async (t) => {
  const pool = new VerifierPool()
  const block = { issuer: 'https://login.example/', audience: 'orders-api', ...hs }
  const [alone, rotating] = [worldOf(), worldOf({ othersOf: () => [other(after)] })]
  const first = await pool.open('corp', block, alone)
  const second = await pool.open('corp', block, rotating)
  t.teardown(() => {
    first.close()
    second.close()
  })
  t.deepEqual([await codeOf(first, tokenOf(after)), await codeOf(second, tokenOf(after))], ['token_invalid', 'ok'])
})
