/** Two servers in processes of their own on one database, without Redis, with one account. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { type Ended, runCommand, type Served, serveCommand } from '../helpers/command.ts'
import { emptyFolder } from '../helpers/gate.ts'
import { emptyDatabase, type Kind, usePostgres } from '../services/accounts/stores.ts'
import { get, type Tokens } from './nodes.ts'
import { addAccount, fieldKey } from './shop.ts'

export interface Pair {
  readonly here: Served
  readonly there: Served
  /** One more. */
  serve(): Promise<Served>
  /** A command, in their folder: its policies are in `.`. */
  run(args: readonly string[], input?: string): Promise<Ended>
  /** Their audit logs, line by line. */
  records(): readonly Readonly<Record<string, unknown>>[]
}

const postgres = usePostgres()

const policies = (database: string) => `
settings: { database: { ${database}, fieldKeys: ['\${secret:pair}'], deadline: 20s } }
issuers:
  shop: { builtin: true, audience: shop-api, refreshTtl: 30d, scopes: [orders:read] }
defaults: { authenticate: public, rateLimit: [{ by: ip, limit: 100000, per: 1m }] }
routes:
  POST /login: { builtin: login }
  POST /login/browser: { builtin: { login: cookie } }
  POST /refresh: { builtin: refresh }
  POST /logout: { authenticate: [session, jwt], builtin: logout }
  POST /password: { authenticate: jwt, builtin: password }
  DELETE /sessions/:id: { authenticate: jwt, builtin: session }
  GET /programs: { authenticate: apiKey, reply: { status: 200, body: { orders: [] } } }
  GET /orders: { authenticate: [session, jwt], reply: { status: 200, body: { orders: [] } } }
`

export async function openPair(t: ExecutionContext, kind: Kind): Promise<Pair> {
  t.timeout(300_000)
  const [cwd, url] = [emptyFolder(), await emptyDatabase(t, kind)]
  const ca = kind === 'postgres' ? postgres().ca : undefined
  if (ca !== undefined) writeFileSync(join(cwd, 'ca.pem'), ca)
  const authority = ca === undefined ? '' : ", ca: '${file:ca.pem}'"
  writeFileSync(join(cwd, 'shop.yaml'), policies(`url: '\${env:PORTCULLIS_TEST_PAIR}'${authority}`))
  await addAccount({ database: { url, ...(ca !== undefined && { ca }), deadline: '20s' } })
  const env = { PORTCULLIS_TEST_PAIR: url, PORTCULLIS_SECRET_PAIR: fieldKey, NODE_ENV: 'production' }
  const serve = async () => {
    const served = await serveCommand(['.'], { cwd, env })
    t.teardown(() => void served.child.kill('SIGKILL'))
    return served
  }
  const run = (args: readonly string[], input = '') => runCommand(args, { cwd, env, input })
  return { here: await serve(), there: await serve(), serve, run, records: () => recordsBelow(join(cwd, 'data/audit')) }
}

function recordsBelow(folder: string): readonly Readonly<Record<string, unknown>>[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jsonl'))
  const lines = files.flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1))
  return lines.map((line) => JSON.parse(line))
}

/** What it answers to a call with the access token. */
export const statusOf = async (node: Served, { access_token }: Tokens): Promise<number> =>
  (await get(node, '/orders', access_token)).status
