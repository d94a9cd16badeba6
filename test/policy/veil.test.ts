/** Whoever prints opened policies gets the names of secrets: they stand in every place that a policy takes one. */

import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import test from 'ava'
import { createApp } from '../../src/app.ts'
import { examine } from '../../src/policy/inspect.ts'
import { load } from '../../src/policy/load.ts'
import { open } from '../../src/policy/open.ts'
import { createLog } from '../../src/services/log.ts'
import { createWorld } from '../../src/services/world.ts'
import { makeCertificates } from '../helpers/certificates.ts'
import { emptyFolder, writePolicies } from '../helpers/gate.ts'

const random = () => randomBytes(24).toString('base64url')
const pem = () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }) as string

const { gate, ca } = makeCertificates()

const planted: Readonly<Record<string, string>> = {
  issuer: random() + random(),
  admin: random(),
  redis: random(),
  audit: pem(),
  pseudonyms: `base64:${randomBytes(32).toString('base64')}`,
  webhook: random(),
  stream: random(),
  syslog: gate.key,
  upstream: gate.key,
  header: random(),
  schema: random(),
  reply: random(),
}

const policy = (secrets: string) => `settings:
  secrets: { provider: file, dir: ${secrets} }
  admin: { token: '\${secret:admin}' }
  state: { url: 'rediss://127.0.0.1:1', password: '\${secret:redis}' }
  audit:
    dir: ${secrets}
    key: '\${secret:audit}'
    pseudonymKey: '\${secret:pseudonyms}'
    heads:
      publish:
        - { webhook: { url: https://witness.example, token: '\${secret:webhook}' } }
        - { redis: { url: 'rediss://:\${secret:stream}@127.0.0.1:2' } }
    copies: [{ syslog: { host: 127.0.0.1, cert: '\${file:gate.crt}', key: '\${secret:syslog}' } }]
issuers:
  partner: { issuer: https://partner.example, audience: orders, algorithms: [HS256], secret: '\${secret:issuer}' }
defaults: { authenticate: public }
schemas: { Word: { type: string, default: '\${secret:schema}' } }
routes:
  GET /up:
    upstream:
      url: https://127.0.0.1:3
      cert: '\${file:gate.crt}'
      key: '\${secret:upstream}'
      headers: { Authorization: 'Bearer \${secret:header}' }
  GET /reply: { reply: { body: { text: '\${secret:reply}' } }, input: { query: { word: { $ref: '#/schemas/Word' } } } }
`

/** What a secret looks like in print: a line of it, or its bytes in hex. */
const looksOf = (secret: string): readonly string[] => [
  ...secret.split('\n').filter((line) => line.length > 16 && !line.startsWith('---')),
  Buffer.from(secret).toString('hex').slice(0, 32),
  ...(inspect(Buffer.from(secret.replace('base64:', ''), 'base64')).match(/(?:[0-9a-f]{2} ){8}/) ?? []),
]

test('no print of policies, settings or the app holds a secret', async (t) => {
  const secrets = emptyFolder()
  for (const [name, text] of Object.entries(planted)) writeFileSync(join(secrets, name), text)
  const directory = writePolicies({ 'a.yaml': policy(secrets), 'gate.crt': gate.cert, 'ca.crt': ca })
  const log = createLog({ pretty: false, destination: { write: () => {} } })
  const world = createWorld(log)
  const { policy: checked } = examine(load(directory), undefined)
  const opened = await open(checked, { world })
  const app = await createApp(directory, { world })
  t.teardown(async () => {
    opened.close()
    await app.close()
    await world.stores.close()
  })
  const { settings } = opened
  t.is(settings.admin?.token, planted.admin)
  t.is(opened.policy.issuers[0]?.value.secret, planted.issuer)
  const wholes = { opened, app, policy: opened.policy, settings, issuers: opened.policy.issuers, routes: app.routes }
  const parts = {
    ...{ admin: settings.admin, state: settings.state, audit: settings.audit },
    ...{ issuer: opened.policy.issuers[0]?.value, written: opened.policy.settings[0]?.value.state },
    ...{ upstream: app.routes[0]?.destinations[0]?.value, reply: app.routes[1]?.destinations[0]?.value },
  }
  for (const [name, value] of Object.entries({ ...wholes, ...parts })) {
    const printed = [
      inspect(value, { depth: Number.POSITIVE_INFINITY, maxStringLength: null }),
      inspect(value),
      `${value}`,
    ]
    if (value === settings || value === opened.policy) printed.push(JSON.stringify(value))
    for (const [secret, text] of Object.entries(planted))
      for (const look of looksOf(text)) t.false(printed.join().includes(look), `${secret} in ${name}`)
  }
})
