/** An issuer that asks for a certificate, or is vouched for by an authority of its own. */

import test, { type ExecutionContext } from 'ava'
import { Denial } from '../../../src/core/denial.ts'
import type { IssuerBlock } from '../../../src/services/keys/issuer.ts'
import type { TokenVerifier } from '../../../src/services/keys/verifier.ts'
import { VerifierPool } from '../../../src/services/keys/verifier-pool.ts'
import type { OutgoingTls } from '../../../src/services/tls/outgoing.ts'
import { Agenda } from '../../fixtures/tokens/agenda.ts'
import { craft } from '../../fixtures/tokens/craft.ts'
import { jwk, rsa } from '../../fixtures/tokens/keys.ts'
import { worldOf } from '../../fixtures/tokens/open.ts'
import { startPublisher } from '../../fixtures/tokens/publisher.ts'
import { makeCertificates } from '../../helpers/certificates.ts'
import { until } from '../../helpers/until.ts'

const [first, second] = [makeCertificates(), makeCertificates()]
const asking = { requestCert: true, rejectUnauthorized: true }
const token = craft({ algorithm: 'RS256', key: rsa.privateKey, header: { kid: 'a' } })
const shown = { ca: first.ca, serverName: 'localhost', ...first.gate }

async function start(t: ExecutionContext) {
  const tls = { ca: first.ca, ...first.local, ...asking }
  const publisher = await startPublisher(t, [jwk(rsa, { kid: 'a' })], tls)
  const [agenda, pool] = [new Agenda(), new VerifierPool()]
  const world = worldOf({ later: agenda.later })
  const block = { issuer: 'https://login.example/', audience: 'orders-api', algorithms: ['RS256'] }
  const open = async (given: OutgoingTls, parts: Partial<IssuerBlock> = {}) => {
    const jwks = { url: publisher.url, ...given }
    const verifier = await pool.open('corp', { ...block, ...parts, jwks } as IssuerBlock, world)
    t.teardown(() => verifier.close())
    return verifier
  }
  return { publisher, agenda, world, open }
}

const codeOf = async (verifier: TokenVerifier) => {
  const verdict = await verifier.verify(token)
  return verdict instanceof Denial ? verdict.code : 'ok'
}

test('shows its certificate, and fetches the keys', async (t) => {
  const { publisher, world, open } = await start(t)
  t.is(await codeOf(await open(shown)), 'ok')
  t.is(publisher.asked, 1)
  t.is(world.status.faults.size, 0)
})

const refused = /certificate required|unknown ca|ECONNRESET|EPIPE|closed/i
const faults: Readonly<Record<string, readonly [OutgoingTls, RegExp]>> = {
  'without a certificate': [{ ca: first.ca, serverName: 'localhost' }, refused],
  'with a certificate of another authority': [{ ...shown, ...second.gate }, refused],
  'from a server of another authority': [{ ...shown, ca: second.ca }, /certificate/],
  'from a server of another name': [{ ...shown, serverName: 'stock.internal' }, /altnames/],
  'from a server whose name is not its address': [{ ca: first.ca, ...first.gate }, /altnames/],
}

for (const [what, [given, reason]] of Object.entries(faults)) {
  test(`fetches no keys ${what}, and tells nothing of its own`, async (t) => {
    const { publisher, world, open } = await start(t)
    t.is(await codeOf(await open(given)), 'keys_unavailable')
    t.regex(world.status.faults.get('issuers/corp') ?? '', reason)
    t.is(publisher.asked, 0)
    const said = [...world.lines, ...world.status.faults.values()].join('\n')
    for (const line of (given.key ?? '').split('\n').slice(1, 3)) t.false(line !== '' && said.includes(line))
  })
}

test('a certificate that was rotated is shown from then on, and the keys hold meanwhile', async (t) => {
  const { publisher, agenda, world, open } = await start(t)
  const old = await open(shown)
  publisher.secure({ ca: second.ca, ...first.local })
  await agenda.renew()
  t.regex(world.status.faults.get('issuers/corp') ?? '', refused)
  t.is(await codeOf(old), 'ok')
  const renewed = await open({ ...shown, ...second.gate })
  t.is(await codeOf(renewed), 'ok')
  old.close()
  await until(() => publisher.asked === 2)
  await until(() => world.status.faults.size === 0)
})

test('keys that an authority vouched for do not outlive it', async (t) => {
  const { publisher, world, open } = await start(t)
  const old = await open(shown)
  const renewed = await open({ ...shown, ca: second.ca })
  old.close()
  t.is(await codeOf(renewed), 'keys_unavailable')
  t.regex(world.status.faults.get('issuers/corp') ?? '', /certificate/)
  t.is(publisher.asked, 1)
})
