import test, { type ExecutionContext } from 'ava'
import { Denial } from '../../../src/core/denial.ts'
import type { IssuerBlock } from '../../../src/services/keys/issuer.ts'
import type { TokenVerifier } from '../../../src/services/keys/verifier.ts'
import { VerifierPool } from '../../../src/services/keys/verifier-pool.ts'
import { Agenda } from '../../fixtures/tokens/agenda.ts'
import { craft } from '../../fixtures/tokens/craft.ts'
import { jwk, otherRsa, rsa } from '../../fixtures/tokens/keys.ts'
import { worldOf } from '../../fixtures/tokens/open.ts'
import { startPublisher } from '../../fixtures/tokens/publisher.ts'
import { until } from '../../helpers/until.ts'

const a = jwk(rsa, { kid: 'a' })
const b = jwk(otherRsa, { kid: 'b' })
const tokenA = craft({ algorithm: 'RS256', key: rsa.privateKey, header: { kid: 'a' } })
const tokenB = craft({ algorithm: 'RS256', key: otherRsa.privateKey, header: { kid: 'b' } })

async function openPool(t: ExecutionContext) {
  const [publisher, agenda, pool] = [await startPublisher(t, [a]), new Agenda(), new VerifierPool()]
  const world = worldOf({ later: agenda.later })
  const block = { issuer: 'https://login.example/', audience: 'orders-api', algorithms: ['RS256'], jwks: publisher.url }
  const open = async (parts: Partial<IssuerBlock> = {}) => {
    const verifier = await pool.open('corp', { ...block, ...parts } as IssuerBlock, world)
    t.teardown(() => verifier.close())
    return verifier
  }
  return { publisher, agenda, world, open }
}

const codeOf = async (verifier: TokenVerifier, token: string) => {
  const verdict = await verifier.verify(token)
  return verdict instanceof Denial ? verdict.code : 'ok'
}

test('an issuer that is opened again goes on with its keys and the tokens it knows', async (t) => {
  const { publisher, open } = await openPool(t)
  const first = await open()
  const known = await first.verify(tokenA)
  const second = await open()
  first.close()
  t.is(second.verify(tokenA), known)
  t.is(publisher.asked, 1)
})

test('keys are renewed while one of its users is left, and not after', async (t) => {
  const { publisher, agenda, open } = await openPool(t)
  const [first, second] = [await open(), await open()]
  first.close()
  first.close()
  publisher.publish([a, b])
  await agenda.renew()
  t.is(await codeOf(second, tokenB), 'ok')
  second.close()
  t.deepEqual([agenda.entries, publisher.asked], [[], 2])
})

test('another block of the same URL begins with the keys that were published last, and fetches', async (t) => {
  const { publisher, world, open } = await openPool(t)
  const first = await open()
  publisher.fail()
  const second = await open({ leeway: '5s' })
  first.close()
  t.is(await codeOf(second, tokenA), 'ok')
  t.is(await codeOf(await open({ audience: 'other-api' }), tokenA), 'token_invalid')
  await until(() => world.status.faults.has('issuers/corp'))
  t.true(publisher.asked > 1)
})

test('keys that are published no more are not kept', async (t) => {
  const { publisher, agenda, open } = await openPool(t)
  const first = await open()
  publisher.publish([b])
  await agenda.renew()
  const second = await open({ leeway: '5s' })
  t.is(await codeOf(first, tokenA), 'token_invalid')
  t.is(await codeOf(second, tokenA), 'token_invalid')
})

test('what nobody uses any more is forgotten', async (t) => {
  const { publisher, open } = await openPool(t)
  ;(await open()).close()
  publisher.fail()
  t.is(await codeOf(await open(), tokenA), 'keys_unavailable')
})

test('what could not be opened is tried again', async (t) => {
  const pool = new VerifierPool()
  const world = worldOf()
  const block = { issuer: 'https://login.example/', audience: 'a', algorithms: ['HS256'] }
  const broken = { ...block, secret: 'base64:?' } as IssuerBlock
  for (let attempt = 0; attempt < 2; attempt++) await t.throwsAsync(pool.open('corp', broken, world))
  const secret = `base64:${Buffer.alloc(32, 7).toString('base64')}`
  t.is((await pool.open('corp', { ...block, secret } as IssuerBlock, world)).name, 'corp')
})
