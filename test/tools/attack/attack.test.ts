/** The attack on a real server: nothing found where the policies hold, and every guard that is taken out is missed. */

import test from 'ava'
import { guards } from '../../../src/guards/index.ts'
import { inspect } from '../../../src/policy/inspect.ts'
import { readDevKey } from '../../../src/services/keys/dev-key.ts'
import { Forge } from '../../../src/tools/attack/forge.ts'
import { planAttack } from '../../../src/tools/attack/plan.ts'
import { type Bounds, type Report, runAttack } from '../../../src/tools/attack/run.ts'
import { openGate } from '../../helpers/gate.ts'

const policies = {
  'shop.yaml': `
issuers:
  shop: { builtin: true, audience: shop-api }
roles:
  clerk:
    - { can: read, subject: Report }
schemas:
  Sku: { type: string, pattern: '^[A-Z]{2}-[0-9]{4}$' }
defaults:
  authenticate: jwt
  cors: { origins: ['https://shop.example', 'https://*.partners.example'], credentials: false }
routes:
  GET /orders:
    scopes: [orders:read]
    input: { query: { page: { type: integer, minimum: 1, maximum: 9 } } }
    reply: { body: [] }
  POST /orders/:id:
    scopes: [orders:write, orders:read]
    rateLimit: [{ by: user, limit: 3, per: 1h, burst: 5 }]
    input:
      params: { id: { type: string, format: uuid } }
      headers: { if-match: { type: string, maxLength: 8 } }
      body:
        type: object
        required: [sku]
        properties: { sku: { $ref: '#/schemas/Sku' }, count: { type: integer, minimum: 1 } }
    reply: { status: 201 }
  GET /reports:
    authorize: { action: read, subject: Report }
    headers: web
    reply: { body: [] }
  GET /payments:
    authenticate: { jwt: { issuers: [shop], acr: [urn:example:mfa, urn:example:key], maxAge: 5m } }
    reply: { body: [] }
  GET /office:
    network: [10.0.0.0/8]
    reply: { body: inside }
  GET /products/:sku:
    because: the catalogue is for everyone
    authenticate: public
    rateLimit: [{ by: ip, limit: 120, per: 1m, algorithm: sliding-window }]
    reply: { body: tea }
  POST /contact:
    input:
      contentTypes: [application/x-www-form-urlencoded, application/json]
      body:
        type: object
        required: [name]
        properties:
          name: { type: string, minLength: 1, maxLength: 40 }
          age: { type: integer, minimum: 0, maximum: 150 }
          tags: { type: array, items: { $ref: '#/schemas/Sku' }, minItems: 1, maxItems: 3 }
    reply: { status: 204 }
  POST /photos:
    input:
      body: { type: object, properties: { title: { type: string, maxLength: 40 }, news: { type: boolean } } }
      files: { photo: { contentTypes: [image/png], maxBytes: 4kb, required: true }, more: { maxItems: 2 } }
      maxBytes: 16kb
    reply: { status: 204 }
  POST /reviews:
    because: guests may review
    authenticate: [jwt, public]
    rateLimit: [{ by: ip, limit: 200, per: 1m }]
    input: { body: any, contentTypes: [text/plain], maxBytes: 1kb }
    reply: { status: 204 }
`,
}

const bounds: Bounds = { rate: 2_000, most: 5_000, patience: 5 }

async function attack(url: string, directory: string): Promise<Report> {
  const policy = inspect(directory)
  const forge = new Forge(policy, new Map([['shop', { key: await readDevKey() }]]))
  const plan = planAttack(policy, { forge, own: '127.0.0.1', isTrusted: false, writes: true, maxBody: 102_400 })
  return runAttack(new URL(url), plan, bounds)
}

test.serial('where the policies hold, everything that is tried is as they say', async (t) => {
  t.timeout(120_000)
  const gate = await openGate(policies)
  t.teardown(() => gate.close())
  const { findings, sound, untried } = await attack(gate.url, gate.directory)
  t.deepEqual(
    findings.map(({ probe, message }) => `${probe.guard} ${probe.route} ${probe.title}: ${message}`),
    [],
  )
  t.deepEqual(untried, [{ guard: 'routes', route: 'GET /office', why: '`network` keeps this machine out' }])
  for (const guard of [
    'hygiene',
    'routes',
    'authenticate',
    'headers',
    'cors',
    'scopes',
    'authorize',
    'network',
    'input',
    'rateLimit',
  ])
    t.true((sound.get(guard) ?? 0) > 0, guard)
  t.true((sound.get('input') ?? 0) > 30)
  t.true((sound.get('authenticate') ?? 0) > 50)
})

for (const name of ['headers', 'cors', 'network', 'authenticate', 'rateLimit', 'scopes', 'input', 'authorize'])
  test.serial(`it notices that a server has no \`${name}\``, async (t) => {
    t.timeout(120_000)
    const guard = guards.find((each) => each.name === name) as { compile: unknown } | undefined
    if (guard === undefined) return t.fail(name)
    const { compile } = guard
    guard.compile = () => ({})
    const gate = await openGate(policies).finally(() => {
      guard.compile = compile
    })
    t.teardown(() => gate.close())
    const { findings } = await attack(gate.url, gate.directory)
    t.true(findings.some(({ probe }) => probe.guard === name))
  })

test.serial('it notices a limit that lets one more through', async (t) => {
  const gate = await openGate({ 'shop.yaml': policies['shop.yaml'].replace('burst: 5', 'burst: 7') })
  const own = await openGate(policies)
  t.teardown(() => Promise.all([gate.close(), own.close()]))
  const { findings } = await attack(gate.url, own.directory)
  t.deepEqual(
    findings.map(({ probe }) => `${probe.guard} ${probe.route}`),
    ['rateLimit POST /orders/:id'],
  )
})

for (const option of [', maxAge: 5m', ', acr: [urn:example:mfa, urn:example:key]'])
  test.serial(`it notices a server that does not ask for${option.slice(1)}`, async (t) => {
    t.timeout(120_000)
    const gate = await openGate({ 'shop.yaml': policies['shop.yaml'].replace(option, '') })
    const own = await openGate(policies)
    t.teardown(() => Promise.all([gate.close(), own.close()]))
    const { findings } = await attack(gate.url, own.directory)
    t.deepEqual(
      findings.map(({ probe }) => `${probe.guard} ${probe.route}`),
      ['authenticate GET /payments'],
    )
  })

test.serial('it notices each rule of a form that a server lacks', async (t) => {
  t.timeout(120_000)
  const looser = {
    'maximum: 150': 'maximum: 151',
    'minLength: 1, maxLength: 40 }': 'minLength: 1, maxLength: 41 }',
    'maxItems: 3': 'maxItems: 4',
    'news: { type: boolean }': 'news: { type: [boolean, string] }',
    'contentTypes: [image/png], maxBytes: 4kb, required: true': 'maxBytes: 5kb, maxItems: 2',
    'more: { maxItems: 2 }': 'more: { maxItems: 3 }, portcullis-attack: {}',
  }
  const text = Object.entries(looser).reduce((all, [from, to]) => all.replace(from, to), policies['shop.yaml'])
  const [gate, own] = await Promise.all([openGate({ 'shop.yaml': text }), openGate(policies)])
  t.teardown(() => Promise.all([gate.close(), own.close()]))
  const { findings } = await attack(gate.url, own.directory)
  t.deepEqual(findings.map(({ probe }) => `${probe.route} ${probe.title}`).toSorted(), [
    'POST /contact a body that breaks `maxItems` at /tags',
    'POST /contact a body that breaks `maxLength` at /name',
    'POST /contact a body that breaks `maximum` at /age',
    'POST /contact a form that breaks `maxItems` at /tags',
    'POST /contact a form that breaks `maxLength` at /name',
    'POST /contact a form that breaks `maximum` at /age',
    'POST /photos a file of `photo` of another type',
    'POST /photos a file of `photo` that is too large',
    'POST /photos a file that nobody declared',
    'POST /photos a multipart form that breaks `type` at /news',
    'POST /photos no file of `photo`',
    'POST /photos too many files of `more`',
    'POST /photos too many files of `photo`',
  ])
})
