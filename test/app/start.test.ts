import test from 'ava'
import { createApp } from '../../src/app.ts'
import { StartFault } from '../../src/core/start-fault.ts'
import { PolicyRefused } from '../../src/policy/findings.ts'
import { IssuerVerifier } from '../../src/services/keys/issuer-verifier.ts'
import { createLog } from '../../src/services/log.ts'
import { createWorld } from '../../src/services/world.ts'
import { writePolicies } from '../helpers/gate.ts'

const world = () => createWorld(createLog({ pretty: false, level: 'error' }))
const shop =
  "shop: { issuer: https://shop.example/, audience: api, algorithms: [RS256], jwks: 'http://127.0.0.1:9/keys' }"

/** How many issuers are closed while something is done. */
async function closesOf(act: () => Promise<unknown>): Promise<number> {
  const { close } = IssuerVerifier.prototype
  let closes = 0
  IssuerVerifier.prototype.close = function closeAndCount() {
    closes++
    close.call(this)
  }
  try {
    await act()
  } finally {
    IssuerVerifier.prototype.close = close
  }
  return closes
}

test.serial('closes the issuers where a route cannot be compiled', async (t) => {
  const directory = writePolicies({
    'app.yaml': `issuers: { ${shop} }\ndefaults: { authenticate: jwt }\nroutes: { 'GET /': { handler: './bad.ts#bad' } }`,
    'bad.ts': "throw new Error('not today')",
  })
  const closes = await closesOf(() =>
    t.throwsAsync(createApp(directory, { world: world() }), { instanceOf: StartFault }),
  )
  t.is(closes, 1)
})

test.serial('closes the issuers that were opened where another cannot be', async (t) => {
  const directory = writePolicies({
    'app.yaml': `
issuers:
  ${shop}
  dev: { builtin: true, audience: api, accessTtl: 10m }
defaults: { authenticate: { jwt: { issuers: [shop, dev] } } }
routes: { 'GET /': { reply: {} } }
`,
  })
  const starting = () => createApp(directory, { world: world(), development: false })
  t.is(await closesOf(() => t.throwsAsync(starting(), { instanceOf: StartFault })), 1)
})

test('refuses `handler: next` unless somebody stands behind the gate', async (t) => {
  const directory = writePolicies({
    'app.yaml': "defaults: { authenticate: public }\nroutes: { 'GET /': { handler: next } }",
  })
  const refused = await t.throwsAsync(createApp(directory, { world: world() }), { instanceOf: PolicyRefused })
  t.deepEqual(
    refused?.diagnostics.map(({ rule, line }) => [rule, line]).filter(([rule]) => rule === 'handler/no-app'),
    [['handler/no-app', 2]],
  )
  const app = await createApp(directory, { world: world(), mounted: true })
  await app.close()
})
