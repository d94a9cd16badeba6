/** Servers in processes of their own on one database, in production, and who calls them. */

import { createPublicKey, type JsonWebKey, type KeyObject, randomBytes, verify } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import jwt from 'jsonwebtoken'
import { type AccountStore, openAccountStore } from '../../src/services/accounts/account-store.ts'
import { createKeyRing } from '../../src/services/accounts/fields/key-ring.ts'
import { Password, readPassword } from '../../src/services/accounts/passwords/password.ts'
import { PasswordHasher } from '../../src/services/accounts/passwords/password-hasher.ts'
import { systemClock } from '../../src/services/clock.ts'
import { makeSigningKey } from '../../src/services/keys/stored/make-key.ts'
import { rolesOf } from '../../src/services/keys/stored/upkeep.ts'
import { randomId } from '../../src/services/random-id.ts'
import { type Ended, runCommand, type Served, serveCommand } from '../helpers/command.ts'
import { writePolicies } from '../helpers/gate.ts'
import type { PostgresServer } from '../helpers/postgres-server.ts'
import { settingsOf } from '../services/accounts/settings.ts'

const password = 'seven sober otters sing'

export interface Site {
  readonly cwd: string
  readonly url: string
  readonly env: Readonly<Record<string, string>>
  serve(): Promise<Served>
  /** Rotates so often, one right after the other, as no command can. */
  rotate(times: number): Promise<void>
  run(...args: readonly string[]): Promise<Ended>
  /** Writes the policies anew, for the next start. */
  write(parts: SiteParts): void
}

export interface SiteParts {
  /** Of the issuer, such as `, algorithms: [EdDSA]`. */
  readonly issuer?: string
  readonly fieldKeys?: readonly string[]
}

interface Place {
  readonly url: string
  readonly ca: string | undefined
}

const policiesOf = ({ ca }: Place, { issuer = '', fieldKeys = ['one'] }: SiteParts): string => `
settings:
  database:
    url: '\${env:PORTCULLIS_TEST_DATABASE}'
    fieldKeys: [${fieldKeys.map((name) => `'\${secret:${name}}'`).join(', ')}]
    deadline: 20s${ca === undefined ? '' : "\n    ca: '${file:ca.pem}'"}
issuers:
  shop: { builtin: true, audience: shop-api, refreshTtl: 30d${issuer} }
defaults: { authenticate: public, rateLimit: [{ by: ip, limit: 100000, per: 1m }] }
routes:
  POST /login: { builtin: login }
  POST /refresh: { builtin: refresh }
  GET /jwks.json: { builtin: jwks }
  GET /ready: { builtin: ready }
  GET /orders: { authenticate: jwt, reply: { status: 200, body: { orders: [] } } }
`

/** Files of one database, with an account `alice` where it is asked for. */
export async function openSite(
  t: ExecutionContext,
  {
    server,
    hasAlice = false,
    ...parts
  }: SiteParts & { readonly server?: PostgresServer; readonly hasAlice?: boolean } = {},
): Promise<Site> {
  const cwd = writePolicies({})
  const place = { url: server ? await server.createDatabase() : `sqlite:${join(cwd, 'shop.db')}`, ca: server?.ca }
  const secrets = { PORTCULLIS_SECRET_ONE: newKey(), PORTCULLIS_SECRET_OTHER: newKey() }
  const env = { NODE_ENV: 'production', PORTCULLIS_TEST_DATABASE: place.url, ...secrets }
  const write = (given: SiteParts) => {
    writeFileSync(join(cwd, 'shop.yaml'), policiesOf(place, given))
    if (place.ca !== undefined) writeFileSync(join(cwd, 'ca.pem'), place.ca)
  }
  write(parts)
  if (hasAlice) await addAlice(place, secrets.PORTCULLIS_SECRET_ONE)
  return {
    cwd,
    url: place.url,
    env,
    write,
    run: (...args) => runCommand(args, { cwd, env }),
    rotate: (times) => rotate(place, secrets.PORTCULLIS_SECRET_ONE, times),
    serve: async () => {
      const served = await serveCommand(['.'], { cwd, env })
      t.teardown(() => void served.child.kill('SIGKILL'))
      return served
    },
  }
}

const newKey = (): string => randomBytes(32).toString('hex')

function openStore({ url, ca }: Place, fieldKey: string): Promise<AccountStore> {
  const ring = createKeyRing([Buffer.from(fieldKey)])
  return openAccountStore(settingsOf(url, { ca }), { ring, clock: systemClock, randomId })
}

async function rotate(place: Place, fieldKey: string, times: number): Promise<void> {
  const store = await openStore(place, fieldKey)
  for (let turn = 0; turn < times; turn++) {
    const roles = rolesOf(await store.signingKeys.describe('shop'))
    const [from = '', to = ''] = [roles?.current.kid, roles?.next.kid]
    await store.signingKeys.rotate('shop', { from, to, fresh: await makeSigningKey('ES256') })
  }
  await store.close()
}

async function addAlice(place: Place, fieldKey: string): Promise<void> {
  const store = await openStore(place, fieldKey)
  const hasher = new PasswordHasher({ clock: systemClock, threads: 1 })
  const read = readPassword(password)
  if (!(read instanceof Password)) throw new Error(read)
  await store.accounts.create({ username: 'alice', passwordHash: await hasher.hash(read), scopes: ['orders:read'] })
  await hasher.close()
  await store.close()
}

export interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
}

export const post = (url: string, body: unknown): Promise<Response> =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

export async function logIn({ url }: Served): Promise<Tokens> {
  const answer = await post(`${url}/login`, { username: 'alice', password })
  if (answer.status !== 200) throw new Error(await answer.text())
  return (await answer.json()) as Tokens
}

/** The status of a call with a token. */
export async function call({ url }: Served, token: string): Promise<number> {
  const answer = await fetch(`${url}/orders`, { headers: { authorization: `Bearer ${token}` } })
  await answer.arrayBuffer()
  return answer.status
}

interface Header {
  readonly kid: string
  readonly alg: jwt.Algorithm
}

export const headerOf = (token: string): Header =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())

/** Verifies as another service does, which knows the address of the published keys alone. */
export class ThirdParty {
  readonly #keys = new Map<string, KeyObject>()
  readonly #servers: readonly Pick<Served, 'url'>[]
  /** How often it asked for the keys. */
  asked = 0

  constructor(servers: readonly Pick<Served, 'url'>[]) {
    this.#servers = servers
  }

  /** Throws what jsonwebtoken does. */
  async verify(token: string): Promise<jwt.JwtPayload> {
    const { kid, alg } = headerOf(token)
    if (!this.#keys.has(kid)) await this.#ask()
    const key = this.#keys.get(kid)
    if (key === undefined) throw new Error(`nobody publishes ${kid}`)
    if ((alg as string) === 'EdDSA') return verifyEdwards(token, key)
    const claims = jwt.verify(token, key, { algorithms: [alg], audience: 'shop-api', issuer: 'urn:portcullis:shop' })
    return claims as jwt.JwtPayload
  }

  async #ask(): Promise<void> {
    const server = this.#servers[this.asked++ % this.#servers.length]
    const answer = await fetch(`${server?.url}/jwks.json`)
    const { keys } = (await answer.json()) as { keys: (JsonWebKey & { kid: string })[] }
    for (const jwk of keys) this.#keys.set(jwk.kid, createPublicKey({ key: jwk, format: 'jwk' }))
  }
}

/** jsonwebtoken knows no EdDSA. */
function verifyEdwards(token: string, key: KeyObject): jwt.JwtPayload {
  const [head = '', body = '', signature = ''] = token.split('.')
  if (!verify(null, Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url')))
    throw new Error('invalid signature')
  return JSON.parse(Buffer.from(body, 'base64url').toString())
}
