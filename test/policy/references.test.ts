/** `${env:…}`, `${secret:…}` and `${file:…}`: unknown while policies are checked, real when the server opens. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { PolicyRefused } from '../../src/policy/findings.ts'
import { diagnose } from '../../src/policy/inspect.ts'
import { appOf, briefly, folderOf } from './folder.ts'

const secret = 'b4kNfJ0rQ8vXcT2mZyW6sLhGd1aEuP3i'

const text = `settings:
  listen: { port: '\${env:TEST_REFERENCES_PORT}', host: '\${env:TEST_REFERENCES_HOST:-127.0.0.1}' }
  limits: { connections: '\${env:TEST_REFERENCES_MANY:-50}' }
  secrets: { provider: file, dir: '\${env:TEST_REFERENCES_DIR:-/nowhere}' }
issuers:
  shop:
    issuer: https://login.example/
    audience: shop-api
    algorithms: [HS256]
    secret: \${secret:signing}
service: \${env:TEST_REFERENCES_SERVICE:-orders}
schemas:
  Page: { type: integer, maximum: '\${env:TEST_REFERENCES_PAGES:-9}' }
defaults: { authenticate: jwt }
routes:
  GET /a:
    input: { query: { page: { $ref: '#/schemas/Page' }, size: { type: integer, maximum: '\${env:TEST_REFERENCES_PAGES:-9}' } } }
    reply: { headers: { X-Banner: '\${file:banner.txt}' } }
`

const names = ['PORT', 'HOST', 'MANY', 'DIR', 'SERVICE', 'PAGES'].map((name) => `TEST_REFERENCES_${name}`)

/** The folder of the policies above, with the environment that they open in. */
function prepare(t: Parameters<typeof folderOf>[0], environment: Readonly<Record<string, string>>): string {
  const folder = folderOf(t, { 'shop.yaml': text, 'banner.txt': 'hello\n', 'secrets/signing': `${secret}\n` })
  for (const name of names) delete process.env[name]
  for (const [name, value] of Object.entries(environment)) process.env[`TEST_REFERENCES_${name}`] = value
  process.env.TEST_REFERENCES_DIR ??= join(folder, 'secrets')
  return folder
}

/** What opening refuses. */
async function refusals(t: Parameters<typeof folderOf>[0], folder: string): Promise<readonly string[]> {
  const refused = await t.throwsAsync(appOf(t, folder), { instanceOf: PolicyRefused })
  return refused?.diagnostics.filter(({ severity }) => severity === 'error').map(briefly) ?? []
}

test.serial('a check needs no environment, no secrets and no files', (t) => {
  t.deepEqual(diagnose(folderOf(t, { 'shop.yaml': text })), [])
})

test.serial('what is opened is read as the declared type, defaults where nothing is set', async (t) => {
  const { policy, routes } = await appOf(t, prepare(t, { PORT: '8081', HOST: '' }))
  t.like(policy.settings.listen, { host: '127.0.0.1', port: 8081 })
  t.is(policy.settings.limits.connections, 50)
  t.is(routes[0]?.service, 'orders')
  t.deepEqual(routes[0]?.destinations[0]?.value, { headers: { 'X-Banner': 'hello' } })
  t.deepEqual(routes[0]?.blocks.get('input')?.value, {
    query: { page: { $ref: '#/schemas/Page' }, size: { type: 'integer', maximum: 9 } },
  })
})

test.serial('the environment takes the place of defaults', async (t) => {
  const { policy, routes } = await appOf(t, prepare(t, { PORT: '0', MANY: '7', SERVICE: 'carts' }))
  t.is(policy.settings.limits.connections, 7)
  t.is(routes[0]?.service, 'carts')
})

test.serial('what does not fit once it is real is told at its line', async (t) => {
  t.deepEqual(await refusals(t, prepare(t, { PORT: 'eighty', MANY: '0', SERVICE: 'the carts', PAGES: 'x' })), [
    '2:19 policy/wrong-type',
    '3:26 policy/invalid-value',
    '11:10 policy/invalid-value',
    '13:35 schemas/invalid',
    '17:89 input/invalid-schema',
  ])
})

test.serial('everything that is missing is told at once', async (t) => {
  const folder = prepare(t, { DIR: '/nowhere' })
  t.deepEqual(await refusals(t, folder), ['2:19 policy/unresolved-reference', '10:13 policy/unresolved-reference'])
})

test.serial('a weak secret is told under the rule and line of its place, and never shown', async (t) => {
  const folder = prepare(t, { PORT: '0' })
  writeFileSync(join(folder, 'secrets/signing'), 'hunter2')
  const refused = await t.throwsAsync(appOf(t, folder), { instanceOf: PolicyRefused })
  t.deepEqual(refused?.diagnostics.map(briefly), ['10:13 issuers/weak-secret'])
  t.notRegex(JSON.stringify(refused?.diagnostics), /hunter2/)
})

test.serial('what only warns once it is real is among the warnings of the app', async (t) => {
  const folder = prepare(t, { PORT: '0' })
  writeFileSync(join(folder, 'shop.yaml'), text.replace('HS256', 'HS512'))
  const { warnings } = await appOf(t, folder)
  t.deepEqual(warnings.map(briefly), ['10:13 issuers/short-secret'])
})

test.serial('one relative file name means another file in every folder', async (t) => {
  const banner =
    "routes:\n  GET /FOLDER: { authenticate: public, reply: { headers: { X-Banner: '${file:banner.txt}' } } }\n"
  const folder = folderOf(t, {
    'a/shop.yaml': banner.replace('FOLDER', 'a'),
    'a/banner.txt': 'from a',
    'b/shop.yaml': banner.replace('FOLDER', 'b'),
    'b/banner.txt': 'from b',
  })
  const { routes } = await appOf(t, folder)
  t.deepEqual(
    routes.map(({ destinations }) => destinations[0]?.value),
    [{ headers: { 'X-Banner': 'from a' } }, { headers: { 'X-Banner': 'from b' } }],
  )
})
