/** A gate with accounts that browsers log in to: its policies, and a client that keeps cookies as a browser does. */

import { randomBytes, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { readSettings } from '../../src/policy/settings.ts'
import { openAccountStore } from '../../src/services/accounts/account-store.ts'
import { createKeyRing } from '../../src/services/accounts/fields/key-ring.ts'
import { Password, readPassword } from '../../src/services/accounts/passwords/password.ts'
import { PasswordHasher } from '../../src/services/accounts/passwords/password-hasher.ts'
import { auditObserver } from '../../src/services/audit/observe.ts'
import { Trail } from '../../src/services/audit/trail.ts'
import { systemClock } from '../../src/services/clock.ts'
import { createLog } from '../../src/services/log.ts'
import { randomId } from '../../src/services/random-id.ts'
import { createWorld } from '../../src/services/world.ts'
import { emptyFolder, type Gate, openGate, type Reply } from '../helpers/gate.ts'

export const username = 'alice'
export const password = 'seven sober otters sing'
export const codeOf = ({ body }: { readonly body: string }): unknown =>
  body === '' ? undefined : JSON.parse(body).code

const fieldKey = randomBytes(32)
process.env.PORTCULLIS_SECRET_BROWSER_SITE = `base64:${fieldKey.toString('base64')}`

export const cookieName = '__Host-session'

interface Given {
  /** Of the issuer. */
  readonly times?: string
  readonly file?: string
  /** More routes, in YAML. */
  readonly routes?: string
}

const policiesOf = (file: string, upstream: string, { times = 'refreshTtl: 30d', routes = '' }: Given) => ({
  'shop.yaml': `
settings:
  database: { url: 'sqlite:${file}', fieldKeys: ['\${secret:browser-site}'], deadline: 20s }
issuers:
  shop: { builtin: true, audience: shop-api, scopes: [orders:read], ${times} }
defaults: { authenticate: session, rateLimit: [{ by: ip, limit: 1000000, per: 1m }] }
routes:
  POST /login: { because: it is how one logs in, authenticate: public, builtin: { login: cookie } }
  POST /token: { because: for programs, authenticate: public, builtin: login }
  POST /refresh: { because: for programs, authenticate: public, builtin: refresh }
  POST /logout: { builtin: logout }
  POST /password: { builtin: password }
  GET /me: { builtin: me }
  GET /orders: { scopes: [orders:read], reply: { body: { here: true } } }
  POST /orders: { reply: { status: 201 } }
  POST /both: { because: for programs too, authenticate: [session, jwt], reply: { status: 201 } }
  POST /anyone: { because: for everyone, authenticate: [session, public], reply: { status: 201 } }
  GET /up: { upstream: '${upstream}' }
  GET /open: { because: for everyone, authenticate: public, upstream: '${upstream}' }
  GET /fresh: { because: shown just now, authenticate: { session: { maxAge: 1s } }, reply: { status: 200 } }
${routes}
`,
})

export interface BrowserSite {
  readonly gate: Gate
  readonly file: string
  readonly records: Record<string, unknown>[]
  /** A browser of its own, with a page of this very host open. */
  open(): Browser
}

export async function openBrowserSite(t: ExecutionContext, given: Given = {}): Promise<BrowserSite> {
  const file = given.file ?? join(emptyFolder(), `${randomUUID()}.db`)
  if (given.file === undefined) await addAlice(file)
  const records: Record<string, unknown>[] = []
  const audit = new Trail()
  const take = (entry: Record<string, unknown>) => void records.push(entry)
  const commit = async (entry: Record<string, unknown>) => {
    take(entry)
    return true
  }
  audit.attach({ append: take, commit }, (_, text) => text)
  const world = { ...createWorld(createLog({ pretty: false, level: 'error' })), audit }
  const upstream = await openUpstream(t)
  const gate = await openGate(policiesOf(file, upstream, given), { world, observers: [auditObserver(world)] })
  t.teardown(() => gate.close())
  return { gate, file, records, open: () => new Browser(gate) }
}

let hashed: Promise<string> | undefined

/** Hashed once for all the sites of a file. */
async function hashPassword(): Promise<string> {
  const read = readPassword(password)
  if (!(read instanceof Password)) throw new Error(read)
  const hasher = new PasswordHasher({ clock: systemClock, threads: 1 })
  return hasher.hash(read).finally(() => hasher.close())
}

/** The one account. */
async function addAlice(file: string): Promise<void> {
  const { database } = readSettings({ database: `sqlite:${file}` })
  if (database === undefined) throw new Error('no store')
  hashed ??= hashPassword()
  const passwordHash = await hashed
  const store = await openAccountStore(database, { ring: createKeyRing([fieldKey]), clock: systemClock, randomId })
  await store.accounts.create({ username, passwordHash, scopes: ['orders:read'], roles: ['customer'] })
  await store.close()
}

/** Answers with the headers that it got. */
async function openUpstream(t: ExecutionContext): Promise<string> {
  const server = createServer((req, res) => res.end(JSON.stringify(req.headers)))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Sends what a browser sends for a page of the host itself, and keeps what it is told to. */
export class Browser {
  readonly gate: Gate
  readonly jar = new Map<string, string>()

  constructor(gate: Gate) {
    this.gate = gate
  }

  get session(): string | undefined {
    return this.jar.get(cookieName)
  }

  async call(method: string, path: string, given: { readonly body?: unknown; readonly headers?: object } = {}) {
    const cookie = [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = {
      'sec-fetch-site': 'same-origin',
      ...(cookie !== '' && { cookie }),
      ...(given.body !== undefined && { 'content-type': 'application/json' }),
      ...given.headers,
    }
    const body = given.body === undefined ? {} : { body: JSON.stringify(given.body) }
    const reply = await this.gate.call(method, path, { headers, ...body })
    for (const line of reply.headers['set-cookie'] ?? []) this.#keep(line)
    return reply
  }

  get(path: string): Promise<Reply> {
    return this.call('GET', path)
  }

  logIn(secret = password): Promise<Reply> {
    return this.call('POST', '/login', { body: { username, password: secret } })
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ')
    const [name = '', value = ''] = pair.split(/=(.*)/s)
    if (attributes.includes('Max-Age=0')) this.jar.delete(name)
    else this.jar.set(name, value)
  }
}
