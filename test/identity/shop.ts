/** A gate with accounts, as the tests of them open it: SQLite in a folder of its own, and what went into the audit. */

import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { readSettings, type WrittenSettings } from '../../src/policy/settings.ts'
import { openAccountStore } from '../../src/services/accounts/account-store.ts'
import { createKeyRing } from '../../src/services/accounts/fields/key-ring.ts'
import { Password, readPassword } from '../../src/services/accounts/passwords/password.ts'
import { PasswordHasher } from '../../src/services/accounts/passwords/password-hasher.ts'
import { auditObserver } from '../../src/services/audit/observe.ts'
import { Trail } from '../../src/services/audit/trail.ts'
import { systemClock } from '../../src/services/clock.ts'
import { createLog } from '../../src/services/log.ts'
import { randomId } from '../../src/services/random-id.ts'
import type { World } from '../../src/services/services.ts'
import { createWorld } from '../../src/services/world.ts'
import { emptyFolder, type Gate, openGate, type Reply } from '../helpers/gate.ts'

export const username = 'alice'
export const password = 'seven sober otters sing'
export const fieldKey = `base64:${randomBytes(32).toString('base64')}`
process.env.PORTCULLIS_SECRET_IDENTITY_TEST = fieldKey

export const policies = (file: string) => ({
  'shop.yaml': `
settings:
  database: { url: 'sqlite:${file}', fieldKeys: ['\${secret:identity-test}'], deadline: 20s }
issuers:
  shop: { builtin: true, audience: shop-api, refreshTtl: 30d, scopes: [orders:read, orders:write] }
defaults: { authenticate: public, rateLimit: [{ by: ip, limit: 5000, per: 1m }] }
routes:
  POST /login: { builtin: login }
  POST /refresh: { builtin: refresh }
  POST /logout: { authenticate: jwt, builtin: logout }
  POST /password: { authenticate: jwt, builtin: password }
  GET /me: { authenticate: jwt, builtin: me }
  GET /sessions: { authenticate: jwt, builtin: sessions }
  DELETE /sessions/:id: { authenticate: jwt, builtin: session }
  GET /jwks.json: { builtin: jwks }
  GET /orders: { authenticate: jwt, scopes: [orders:read], reply: { status: 200, body: { plan: yes } } }
`,
})

export interface Site {
  readonly gate: Gate
  readonly folder: string
  readonly file: string
  readonly records: Record<string, unknown>[]
}

/** A gate with one account. */
export async function openSite(t: ExecutionContext, parts: Partial<World> = {}): Promise<Site> {
  const folder = emptyFolder()
  const file = join(folder, 'portcullis.db')
  await addAlice(file)
  return { ...(await openOn(t, file, parts)), folder, file }
}

/** `parts` take the place of those of a real world. */
export async function openOn(
  t: ExecutionContext,
  file: string,
  parts: Partial<World> = {},
): Promise<Pick<Site, 'gate' | 'records'>> {
  const records: Record<string, unknown>[] = []
  const audit = new Trail()
  const take = (entry: Record<string, unknown>) => void records.push(entry)
  const commit = async (entry: Record<string, unknown>) => {
    take(entry)
    return true
  }
  audit.attach({ append: take, commit }, (_, text) => text)
  const world = { ...createWorld(createLog({ pretty: false, level: 'error' })), audit, ...parts }
  const gate = await openGate(policies(file), { world, observers: [auditObserver(world)] })
  t.teardown(() => gate.close())
  return { gate, records }
}

export const addAlice = (file: string): Promise<void> => addAccount({ database: `sqlite:${file}` })

/** Alice unless told, in the database of these settings. */
export async function addAccount(
  settings: WrittenSettings,
  name = username,
  { isDisabled = false } = {},
): Promise<void> {
  const { database } = readSettings(settings)
  const ring = createKeyRing([Buffer.from(fieldKey.slice('base64:'.length), 'base64')])
  const clock = systemClock
  if (database === undefined) throw new Error('no settings')
  const store = await openAccountStore(database, { ring, clock, randomId })
  const hasher = new PasswordHasher({ clock, threads: 1 })
  const read = readPassword(password)
  if (!(read instanceof Password)) throw new Error(read)
  const scopes = ['orders:read', 'elsewhere:write']
  const claims = { plan: 'pro', iss: 'forged', sid: 'forged', exp: 1 }
  const account = await store.accounts.create({
    username: name,
    passwordHash: await hasher.hash(read),
    scopes,
    roles: ['customer'],
    claims,
  })
  if (isDisabled && typeof account === 'object') await store.accounts.disable(account.id)
  await hasher.close()
  await store.close()
}

export const post = (gate: Gate, path: string, body: unknown, token?: string): Promise<Reply> =>
  gate.call('POST', path, {
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  })
export const get = (gate: Gate, path: string, token: string): Promise<Reply> =>
  gate.call('GET', path, { headers: { authorization: `Bearer ${token}` } })

export const codeOf = ({ body }: Reply): unknown => JSON.parse(body).code
export const logIn = (gate: Gate) => post(gate, '/login', { username, password })
export const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
