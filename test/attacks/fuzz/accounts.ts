/** One account in a database of its own, with an API key and a session that a browser began. */

import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { readSettings } from '../../../src/policy/settings.ts'
import { openAccountStore } from '../../../src/services/accounts/account-store.ts'
import { createKeyRing } from '../../../src/services/accounts/fields/key-ring.ts'
import { Password, readPassword } from '../../../src/services/accounts/passwords/password.ts'
import { PasswordHasher } from '../../../src/services/accounts/passwords/password-hasher.ts'
import { systemClock } from '../../../src/services/clock.ts'
import { randomId } from '../../../src/services/random-id.ts'
import { emptyFolder, openGate } from '../../helpers/gate.ts'
import { type Accounts, sessionCookie } from './model/authenticate.ts'

const password = 'seven sober otters sing'
const fieldKey = randomBytes(32)
process.env.PORTCULLIS_SECRET_FUZZ = `base64:${fieldKey.toString('base64')}`

export interface AccountBase {
  readonly accounts: Accounts
  /** The members of `settings` and of `issuers` that a policy needs for them. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly issuers: Readonly<Record<string, unknown>>
}

/** Makes the account, its key and its session. */
export async function makeAccounts(): Promise<AccountBase> {
  const url = `sqlite:${join(emptyFolder(), 'fuzz.db')}`
  const settings = { database: { url, fieldKeys: ['${secret:fuzz}'], deadline: '20s' } }
  const issuers = { house: { builtin: true, audience: 'house', refreshTtl: '30d' } }
  const { id, text } = await addAccount(url)
  const session = await logIn({ settings, issuers })
  const known = { id, issuer: 'urn:portcullis:house', roles: ['reader', 'writer'], claims: { plan: 'pro' } }
  const all = ['things:read', 'things:write']
  return {
    settings,
    issuers,
    accounts: {
      apiKey: { text, principal: { ...known, scopes: ['things:read'] } },
      session: { text: session, principal: { ...known, scopes: all } },
    },
  }
}

async function addAccount(url: string): Promise<{ readonly id: string; readonly text: string }> {
  const { database } = readSettings({ database: { url, deadline: '20s' } })
  if (database === undefined) throw new Error('no settings')
  const store = await openAccountStore(database, { ring: createKeyRing([fieldKey]), clock: systemClock, randomId })
  const hasher = new PasswordHasher({ clock: systemClock, threads: 1 })
  const read = readPassword(password)
  if (!(read instanceof Password)) throw new Error(read)
  const rights = { scopes: ['things:read', 'things:write'], roles: ['reader', 'writer'], claims: { plan: 'pro' } }
  const account = await store.accounts.create({ username: 'ada', passwordHash: await hasher.hash(read), ...rights })
  const made = await store.apiKeys.create({ account: account?.id ?? '', name: 'fuzz', scopes: ['things:read'] })
  await hasher.close()
  await store.close()
  if (account === undefined || made === undefined) throw new Error('no account')
  return { id: account.id, text: made.text }
}

async function logIn(parts: Readonly<Record<string, unknown>>): Promise<string> {
  const defaults = { authenticate: 'public', rateLimit: [{ by: 'ip', limit: 9, per: '1m' }] }
  const routes = { 'POST /login': { builtin: { login: 'cookie' } } }
  const gate = await openGate({ 'login.yaml': JSON.stringify({ ...parts, defaults, routes }) })
  const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' }
  const body = JSON.stringify({ username: 'ada', password })
  const answer = await gate.call('POST', '/login', { headers, body })
  await gate.close()
  const [, text] = new RegExp(`^${sessionCookie}=([^;]+)`).exec(answer.headers['set-cookie']?.[0] ?? '') ?? []
  if (text === undefined) throw new Error(`no session: ${answer.body}`)
  return text
}
