import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { portcullis } from '../../src/index.ts'
import { craft } from '../fixtures/tokens/craft.ts'
import { p256 } from '../fixtures/tokens/keys.ts'
import { emptyFolder, writePolicies } from '../helpers/gate.ts'
import { openApp } from './app.ts'

const issuer = 'https://login.example/'
const policies = (more = '') => `
issuers:
  corp:
    issuer: ${issuer}
    audience: orders-api
    algorithms: [ES256]
    claims: { id: email }
    publicKeys: ['${JSON.stringify(p256.publicKey.export({ format: 'jwk' }))}']
defaults: { authenticate: jwt }
routes:
  GET /me: { handler: next }
${more}`

interface Claims {
  readonly jti?: string
  readonly email?: string
  readonly iat?: number | undefined
}

const seconds = () => Math.floor(Date.now() / 1_000)

async function openGate(t: ExecutionContext, more = '') {
  const app = await openApp(t, {
    policies: policies(more),
    behind: [
      (ctx) => {
        ctx.body = ctx.state.principal.id
      },
    ],
  })
  const bearer = (claims: Claims) =>
    craft({
      algorithm: 'ES256',
      key: p256.privateKey,
      claims: { email: 'ann@example.org', sub: 'u1', iat: seconds() - 60, exp: seconds() + 600, ...claims },
    })
  const call = async (token: string) => {
    const { status, body, headers } = await app.send({ path: '/me', headers: { authorization: `Bearer ${token}` } })
    return { status, code: status === 200 ? body : JSON.parse(body).code, challenge: headers['www-authenticate'] }
  }
  return { ...app, bearer, call }
}

test('a token that was accepted before is refused once it is revoked', async (t) => {
  const { gate, bearer, call } = await openGate(t)
  const [one, other] = [bearer({ jti: 'j1' }), bearer({ jti: 'j2' })]
  t.like(await call(one), { status: 200, code: 'ann@example.org' })
  const until = new Date(Date.now() + 600_000)
  t.deepEqual(await gate.revocation.revokeToken({ issuer, id: 'j1', until }), { reach: 'stored' })
  t.deepEqual(await call(one), { status: 401, code: 'token_invalid', challenge: 'Bearer error="invalid_token"' })
  t.like(await call(other), { status: 200 })
})

test('a user is known by the id of the principal, and signs in again a second later', async (t) => {
  const { gate, bearer, call } = await openGate(t)
  const now = seconds()
  await gate.revocation.revokeUser({ issuer, id: 'u1' })
  t.like(await call(bearer({ jti: 'j1' })), { status: 200 })
  await gate.revocation.revokeUser({ issuer, id: 'ann@example.org' })
  t.like(await call(bearer({ jti: 'j2' })), { code: 'token_invalid' })
  t.like(await call(bearer({ iat: now })), { code: 'token_invalid' })
  t.like(await call(bearer({ iat: undefined })), { code: 'token_invalid' })
  t.like(await call(bearer({ iat: seconds() + 1 })), { status: 200 })
  t.like(await call(bearer({ email: 'bob@example.org' })), { status: 200 })
})

test('everything before a time is refused, of one issuer or of all, and a reload changes nothing of it', async (t) => {
  const { gate, bearer, call, directory } = await openGate(t)
  await gate.revocation.revokeBefore({ time: new Date((seconds() - 300) * 1_000), issuer })
  const reload = async () => {
    writeFileSync(join(directory, 'app.yaml'), policies(`  GET /more-${Math.random()}: { handler: next }\n`))
    await gate.reload()
  }
  t.like(await call(bearer({ iat: seconds() - 301 })), { code: 'token_invalid' })
  t.like(await call(bearer({ iat: seconds() - 200 })), { status: 200 })
  await reload()
  t.like(await call(bearer({ iat: seconds() - 301 })), { code: 'token_invalid' })
  await gate.revocation.revokeBefore({ time: new Date((seconds() - 100) * 1_000) })
  t.like(await call(bearer({ iat: seconds() - 200 })), { code: 'token_invalid' })
  t.like(await call(bearer({ iat: seconds() - 60 })), { status: 200 })
})

test('an order that would revoke nothing, or what is still to be issued, is refused', async (t) => {
  const { revocation } = (await openGate(t)).gate
  const refused = (order: Promise<unknown>, message: string | RegExp) =>
    t.throwsAsync(order, { instanceOf: TypeError, message })
  const stranger = 'expected an issuer of the policies, not `https://login.example`: https://login.example/'
  await refused(revocation.revokeToken({ issuer: 'https://login.example', id: 'j1' }), stranger)
  await refused(revocation.revokeUser({ issuer: 'corp', id: 'ann' }), /not `corp`/)
  await refused(revocation.revokeBefore({ issuer: '__proto__', time: new Date() }), /not `__proto__`/)
  await refused(revocation.revokeToken({ issuer, id: '' }), 'expected `id`, a text that is not empty')
  await refused(revocation.revokeUser({ issuer, id: 7 as never }), 'expected `id`, a text that is not empty')
  await refused(revocation.revokeBefore({ issuer: '', time: new Date() }), /`issuer`, a text/)
  await refused(revocation.revokeBefore({} as never), 'expected `time`, a Date')
  await refused(revocation.revokeBefore({ time: seconds() as never }), 'expected `time` to be a valid Date')
  await refused(revocation.revokeBefore({ time: new Date(Number.NaN) }), 'expected `time` to be a valid Date')
  await refused(revocation.revokeToken({ issuer, id: 'j', until: 'soon' as never }), /`until` to be a valid Date/)
  await refused(revocation.revokeBefore({ time: new Date(Date.now() + 3_600_000) }), /at most 5 minutes ahead/)
})

test('only an open gate revokes', async (t) => {
  const gate = portcullis(writePolicies({ 'app.yaml': policies() }))
  const revoke = () => gate.revocation.revokeUser({ issuer, id: 'ann' })
  await t.throwsAsync(revoke(), { message: 'the gate is not open: call `open` before `revocation`' })
  await gate.open()
  t.deepEqual(await revoke(), { reach: 'stored' })
  await gate.close()
  await t.throwsAsync(revoke(), { message: 'the gate is closed: make a new one' })
})

test('what was revoked is on record, and so is the refusal', async (t) => {
  const folder = emptyFolder()
  const { gate, bearer, call } = await openGate(t, `settings: { audit: { dir: ${folder} } }`)
  const until = new Date(Date.now() + 600_000)
  await gate.revocation.revokeToken({ issuer, id: 'j1', until })
  await call(bearer({ jti: 'j1' }))
  await gate.close()
  const text = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.name.endsWith('.jsonl'))
    .map((file) => readFileSync(join(file.parentPath, file.name), 'utf8'))
    .join('')
  const records = text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  const [revoked] = records.filter(({ event }) => event === 'auth.revoked')
  t.like(revoked, { outcome: 'done', reach: 'stored' })
  t.deepEqual(revoked?.revoked, { kind: 'token', issuer, id: 'j1', until: until.toISOString() })
  t.like(
    records.find(({ event }) => event === 'auth.failed'),
    { reason: 'token_invalid', cause: 'the token was revoked' },
  )
})
