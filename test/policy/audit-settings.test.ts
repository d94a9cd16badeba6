/** `settings.audit` as the server gets it: defaults, and keys and tokens from where secrets are kept. */

import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { createApp } from '../../src/app.ts'
import { PolicyRefused } from '../../src/policy/findings.ts'
import { createLog } from '../../src/services/log.ts'
import { createWorld } from '../../src/services/world.ts'
import { appOf, folderOf } from './folder.ts'

const routes = 'routes:\n  GET /: { authenticate: public, builtin: health }\n'
const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }) as string

const auditOf = async (t: ExecutionContext, settings: string, files: Readonly<Record<string, string>> = {}) => {
  const app = await appOf(t, folderOf(t, { 'shop.yaml': `${settings}${routes}`, ...files }))
  return app.policy.settings.audit
}

test('keeps a log by default, and for ever', async (t) => {
  const defaults = {
    dir: 'data/audit',
    fsync: 'batch',
    rotate: { bytes: 104_857_600, milliseconds: 86_400_000 },
    retain: undefined,
    key: undefined,
    pseudonymKey: undefined,
    heads: { every: 60_000, publish: [] },
    copies: [],
  } as const
  t.deepEqual(await auditOf(t, ''), { isWritten: false, ...defaults })
  t.deepEqual(await auditOf(t, 'settings: { audit: {} }\n'), { isWritten: true, ...defaults })
})

test('keeps none where it is off', async (t) => {
  t.is(await auditOf(t, 'settings: { audit: off }\n'), undefined)
})

test('takes what is written', async (t) => {
  const audit = await auditOf(
    t,
    `settings:
  audit:
    dir: /var/log/portcullis
    fsync: always
    rotate: { size: 1mb, every: 1h }
    retain: 30d
    events: [order.create]
    heads: { every: 10s, publish: [stdout, { webhook: { url: https://witness.example/a?b } }, { redis: { url: 'redis://127.0.0.1:6379', stream: heads } }] }
    copies: [stdout, { syslog: { host: log.internal } }, { syslog: { host: log.internal, port: 6515, serverName: log } }]
`,
  )
  t.deepEqual(audit, {
    isWritten: true,
    dir: '/var/log/portcullis',
    fsync: 'always',
    rotate: { bytes: 1_048_576, milliseconds: 3_600_000 },
    retain: 2_592_000_000,
    key: undefined,
    pseudonymKey: undefined,
    heads: {
      every: 10_000,
      publish: [
        'stdout',
        { webhook: { url: 'https://witness.example/a?b' } },
        { redis: { url: 'redis://127.0.0.1:6379', stream: 'heads' } },
      ],
    },
    copies: [
      'stdout',
      { syslog: { host: 'log.internal', port: 6514 } },
      { syslog: { host: 'log.internal', port: 6515, serverName: 'log' } },
    ],
  })
})

test.serial('reads keys and tokens from secrets, variables and files', async (t) => {
  const secrets = folderOf(t, {
    'audit-key': pem,
    pseudonyms: 'b4kNfJ0rQ8vXcT2mZyW6sLhGd1aEuP3i',
    witness: 'a token\n',
  })
  process.env.AUDIT_SETTINGS_RETAIN = '10d'
  t.teardown(() => delete process.env.AUDIT_SETTINGS_RETAIN)
  const audit = await auditOf(
    t,
    `settings:
  secrets: { provider: file, dir: ${secrets} }
  audit:
    dir: '\${env:AUDIT_SETTINGS_DIR:-logs/audit}'
    retain: '\${env:AUDIT_SETTINGS_RETAIN}'
    key: '\${secret:audit-key}'
    pseudonymKey: '\${secret:pseudonyms}'
    heads: { publish: [{ webhook: { url: '\${file:witness.url}', token: '\${secret:witness}' } }] }
`,
    { 'witness.url': 'https://witness.example/heads\n' },
  )
  t.is(audit?.dir, 'logs/audit')
  t.is(audit?.retain, 864_000_000)
  t.is(audit?.pseudonymKey?.toString(), 'b4kNfJ0rQ8vXcT2mZyW6sLhGd1aEuP3i')
  t.deepEqual(audit?.heads.publish, [{ webhook: { url: 'https://witness.example/heads', token: 'a token' } }])
  const text = Buffer.from('a head')
  t.true(audit?.key !== undefined && verify(null, text, publicKey, sign(null, text, audit.key)))
})

test.serial('reads the key on one line after `base64:`, as variables hold it', async (t) => {
  process.env.PORTCULLIS_SECRET_AUDIT_SETTINGS_KEY = `base64:${Buffer.from(pem).toString('base64')}`
  t.teardown(() => delete process.env.PORTCULLIS_SECRET_AUDIT_SETTINGS_KEY)
  const audit = await auditOf(t, "settings: { audit: { key: '${secret:audit-settings-key}' } }\n")
  t.deepEqual(audit?.key?.export({ format: 'pem', type: 'pkcs8' }), pem)
})

const others = {
  'a public key': publicKey.export({ format: 'pem', type: 'spki' }) as string,
  'a P-256 key': generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
    format: 'pem',
    type: 'pkcs8',
  }) as string,
  'an encrypted key': privateKey.export({
    format: 'pem',
    type: 'pkcs8',
    cipher: 'aes-256-cbc',
    passphrase: 'x',
  }) as string,
  'a word': 'changeme',
}

for (const [what, text] of Object.entries(others)) {
  test.serial(`refuses ${what} in place of the key, and quotes none of it`, async (t) => {
    const secrets = folderOf(t, { 'audit-key': text })
    const settings = `settings: { secrets: { provider: file, dir: ${secrets} }, audit: { key: '\${secret:audit-key}' } }\n`
    const refused = await t.throwsAsync(auditOf(t, settings), { instanceOf: PolicyRefused })
    t.deepEqual(
      refused?.diagnostics.map(({ rule, line, message }) => [rule, line, message]),
      [['audit/bad-key', 1, 'expected an Ed25519 private key in PEM']],
    )
  })
}

test.serial('a secret that is not there keeps the server from starting', async (t) => {
  const secrets = folderOf(t, { 'audit-key': pem })
  rmSync(join(secrets, 'audit-key'))
  const settings = `settings: { secrets: { provider: file, dir: ${secrets} }, audit: { key: '\${secret:audit-key}' } }\n`
  const refused = await t.throwsAsync(auditOf(t, settings), { instanceOf: PolicyRefused })
  t.deepEqual(
    refused?.diagnostics.map(({ rule }) => rule),
    ['policy/unresolved-reference'],
  )
})

test('warns of a key beside the log where others can reach the server, and of none in development', async (t) => {
  const folder = folderOf(t, { 'shop.yaml': `settings: { audit: {} }\n${routes}` })
  const warningsOf = async (development: boolean) => {
    const world = createWorld(createLog({ pretty: false, level: 'error' }))
    const app = await createApp(folder, { world, development })
    await app.close()
    return app.warnings.map(({ rule }) => rule)
  }
  t.deepEqual(await warningsOf(false), ['audit/key-beside-log'])
  t.deepEqual(await warningsOf(true), [])
})
