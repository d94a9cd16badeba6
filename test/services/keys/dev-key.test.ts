import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { Denial } from '../../../src/core/denial.ts'
import { readDevKey } from '../../../src/services/keys/dev-key.ts'
import { type Minting, mintToken } from '../../../src/services/keys/mint.ts'
import { openIssuer } from '../../../src/services/keys/open-issuer.ts'
import { readToken } from '../../../src/services/keys/token.ts'
import type { Log } from '../../../src/services/log.ts'
import { now } from '../../fixtures/tokens/craft.ts'
import { worldOf } from '../../fixtures/tokens/open.ts'
import { HandClock } from '../../helpers/hand-clock.ts'

const run = promisify(execFile)

function folderOf(t: ExecutionContext): string {
  const parent = mkdtempSync(join(tmpdir(), 'portcullis-'))
  t.teardown(() => rmSync(parent, { recursive: true }))
  return join(parent, 'data')
}

const block = { builtin: true, audience: ['orders-api', 'admin-api'], accessTtl: '20m' } as const
const minting: Minting = { name: 'local', block, sub: 'u1', scopes: ['a', 'b:c'], roles: ['support'] }

test('makes a key that nobody else may read, and reads it from then on', async (t) => {
  const folder = folderOf(t)
  const { kid } = await readDevKey(folder)
  t.is((await readDevKey(folder)).kid, kid)
  t.is(statSync(join(folder, 'dev-key')).mode & 0o777, 0o600)
  t.is(statSync(folder).mode & 0o777, 0o700)
  t.deepEqual(readdirSync(folder), ['dev-key'])
})

test('says once that it made a key', async (t) => {
  const folder = folderOf(t)
  const said: unknown[] = []
  const log = { warn: (...words: unknown[]) => void said.push(words) } as unknown as Log
  await readDevKey(folder, log)
  await readDevKey(folder, log)
  t.is(said.length, 1)
  t.regex(JSON.stringify(said), /made .*dev-key: .*for this machine alone/)
})

test('gives one key to all who ask at once, in one process or in several', async (t) => {
  const folder = folderOf(t)
  const module = new URL('../../../src/services/keys/dev-key.ts', import.meta.url).href
  const code = `import { readDevKey } from '${module}'; console.log((await readDevKey(${JSON.stringify(folder)})).kid)`
  const others = Array.from({ length: 3 }, async () =>
    (await run(process.execPath, ['--input-type=module', '-e', code])).stdout.trim(),
  )
  const own = Array.from({ length: 8 }, async () => (await readDevKey(folder)).kid)
  t.is(new Set(await Promise.all([...others, ...own])).size, 1)
  t.deepEqual(readdirSync(folder), ['dev-key'])
})

async function otherKey(t: ExecutionContext): Promise<string> {
  const folder = folderOf(t)
  await readDevKey(folder)
  return folder
}

test('refuses a key that others may read, a link, and what is no key', async (t) => {
  const folder = folderOf(t)
  await readDevKey(folder)
  const path = join(folder, 'dev-key')
  chmodSync(path, 0o644)
  await t.throwsAsync(readDevKey(folder), { name: 'StartFault', message: /chmod 600/ })
  rmSync(path)
  symlinkSync(join(await otherKey(t), 'dev-key'), path)
  await t.throwsAsync(readDevKey(folder), { name: 'StartFault' })
  for (const text of ['', 'x', '{}', 'null', '{"kty":"oct","k":"AAAA"}']) {
    rmSync(path)
    writeFileSync(path, text, { mode: 0o600 })
    await t.throwsAsync(readDevKey(folder), { name: 'StartFault', message: /delete it/ })
  }
})

test('says why no key could be made', async (t) => {
  const folder = folderOf(t)
  writeFileSync(folder, '')
  await t.throwsAsync(readDevKey(folder), { name: 'StartFault', message: /data/ })
})

test('accepts the tokens that it mints', async (t) => {
  const folder = folderOf(t)
  const verifier = await openIssuer('local', block, worldOf({ folder }))
  const token = mintToken({ ...minting, claims: { plan: 'pro' } }, await readDevKey(folder), new HandClock())
  const verdict = await verifier.verify(token)
  if (verdict instanceof Denial) return t.fail(verdict.cause)
  const { id, issuer, scopes, roles, claims } = verdict.principal
  t.deepEqual(
    [id, issuer, scopes, roles, claims.plan],
    ['u1', 'urn:portcullis:local', ['a', 'b:c'], ['support'], 'pro'],
  )
  t.deepEqual(verdict.audience, ['orders-api', 'admin-api'])
})

test('mints in the shape of RFC 9068', async (t) => {
  const key = await readDevKey(folderOf(t))
  const token = readToken(mintToken({ ...minting, audience: 'admin-api' }, key, new HandClock()))
  if (token instanceof Denial) return t.fail()
  t.deepEqual(token.header, { alg: 'ES256', kid: key.kid, typ: 'at+jwt' })
  const { jti, ...claims } = token.claims
  t.regex(String(jti), /^[0-9a-f-]{36}$/)
  const iss = 'urn:portcullis:local'
  t.deepEqual(claims, {
    iss,
    sub: 'u1',
    aud: 'admin-api',
    client_id: 'portcullis',
    iat: now,
    exp: now + 1200,
    scope: 'a b:c',
    roles: ['support'],
  })
})

test('lets no wish replace what the issuer says', async (t) => {
  const key = await readDevKey(folderOf(t))
  const mint = (wish: Partial<Minting>) => () => mintToken({ ...minting, ...wish }, key, new HandClock())
  for (const name of ['iss', 'sub', 'aud', 'exp', 'iat', 'nbf', 'jti', 'scope', 'roles']) {
    t.throws(mint({ claims: { [name]: 1 } }), { name: 'StartFault', message: new RegExp(`\`${name}\``) })
  }
  t.throws(mint({ audience: 'other' }), { name: 'StartFault', message: /orders-api, admin-api/ })
  t.throws(mint({ block: { audience: 'a' } }), { name: 'StartFault', message: /not `builtin`/ })
})

test('opens no development key where others can reach the server', async (t) => {
  const folder = folderOf(t)
  await t.throwsAsync(openIssuer('local', block, worldOf({ folder, development: false })), {
    name: 'StartFault',
    message: /loopback/,
  })
  t.throws(() => statSync(folder))
})
