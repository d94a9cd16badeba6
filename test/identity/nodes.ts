/** Servers in processes of their own on one Postgres, with accounts, and clients that lose their answers. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { type Served, serveCommand } from '../helpers/command.ts'
import { emptyFolder } from '../helpers/gate.ts'
import { type PostgresServer, startPostgres } from '../helpers/postgres-server.ts'
import { addAccount, fieldKey, password, username } from './shop.ts'

export interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
}

export interface Answer {
  readonly status: number
  readonly body: string
}

export interface Nodes {
  /** Where they run, and keep their audit logs. */
  readonly cwd: string
  readonly server: PostgresServer
  /** One more process, or workers that share a port; it ends with the test. */
  serve(...args: readonly string[]): Promise<Served>
  ask(sql: string): Promise<readonly Record<string, unknown>[]>
}

const policies = (deadline: string) => `
settings:
  database: { url: '\${env:PORTCULLIS_TEST_NODES}', ca: '\${file:ca.pem}', fieldKeys: ['\${secret:nodes}'], deadline: ${deadline} }
issuers:
  shop: { builtin: true, audience: shop-api, refreshTtl: 30d, scopes: [orders:read] }
defaults: { authenticate: public, rateLimit: [{ by: ip, limit: 100000, per: 1m }] }
routes:
  POST /login: { builtin: login }
  POST /refresh: { builtin: refresh }
  POST /logout: { authenticate: jwt, builtin: logout }
  GET /me: { authenticate: jwt, builtin: me }
  GET /metrics: { builtin: metrics }
  GET /orders: { authenticate: jwt, reply: { status: 200, body: { orders: [] } } }
`

/** One account is there; `deadline` is that of the database. */
export async function openNodes(t: ExecutionContext, { deadline = '20s' } = {}): Promise<Nodes> {
  const server = await startPostgres()
  t.teardown(() => server.stop())
  const [url, cwd] = [await server.createDatabase(), emptyFolder()]
  writeFileSync(join(cwd, 'shop.yaml'), policies(deadline))
  writeFileSync(join(cwd, 'ca.pem'), server.ca)
  await addAccount({ database: { url, ca: server.ca, deadline: '20s' } })
  const env = { PORTCULLIS_TEST_NODES: url, PORTCULLIS_SECRET_NODES: fieldKey, NODE_ENV: 'production' }
  return {
    cwd,
    server,
    ask: (sql) => server.ask(url, sql),
    serve: async (...args) => {
      const served = await serveCommand(['.', ...args], { cwd, env })
      t.teardown(() => void served.child.kill('SIGKILL'))
      return served
    },
  }
}

/** Rejects where the process is killed meanwhile. Each has a connection of its own. */
export async function post({ url }: Served, path: string, body: unknown, token?: string): Promise<Answer> {
  const headers = { 'content-type': 'application/json', connection: 'close' }
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { ...headers, ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify(body),
  })
  return { status: answer.status, body: await answer.text() }
}

export async function get({ url }: Served, path: string, token: string): Promise<Answer> {
  const headers = { connection: 'close', authorization: `Bearer ${token}` }
  const answer = await fetch(`${url}${path}`, { headers })
  return { status: answer.status, body: await answer.text() }
}

export async function logIn(node: Served): Promise<Tokens> {
  const { status, body } = await post(node, '/login', { username, password })
  if (status !== 200) throw new Error(body)
  return JSON.parse(body)
}

export const refresh = (node: Served, refresh_token: string): Promise<Answer> =>
  post(node, '/refresh', { refresh_token })

export const tokensOf = ({ body }: Answer): Tokens => JSON.parse(body)
export const codeOf = ({ body }: Answer): unknown => JSON.parse(body).code

/** How often refreshes came to this, over all nodes. */
export async function refreshes(nodes: readonly Served[], outcome: string): Promise<number> {
  const texts = await Promise.all(nodes.map(async ({ url }) => (await fetch(`${url}/metrics`)).text()))
  const counts = texts.map(
    (text) => new RegExp(`^portcullis_refreshes_total\\{outcome="${outcome}"\\} (\\d+)$`, 'm').exec(text)?.[1],
  )
  return counts.reduce((sum, count) => sum + Number(count), 0)
}
