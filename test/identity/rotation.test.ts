/** Keys of a database that several servers sign with, while they change: no valid token is refused, and no revoked one counts. */

import { setTimeout as pause } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import type { Served } from '../helpers/command.ts'
import { type PostgresServer, startPostgres } from '../helpers/postgres-server.ts'
import { until } from '../helpers/until.ts'
import { call, headerOf, logIn, openSite, post, type Site, ThirdParty, type Tokens } from './site.ts'

let postgres: PostgresServer | undefined
test.before('Postgres starts', async () => {
  postgres = await startPostgres()
})
test.after.always('Postgres stops', () => postgres?.stop())

const kinds = ['sqlite', 'postgres'] as const
const serverOf = (kind: (typeof kinds)[number]) => (kind === 'postgres' && postgres ? { server: postgres } : {})

const kidsOf = async ({ run }: Site, wanted: string): Promise<readonly string[]> => {
  const { stdout } = await run('keys', 'list', '--policies', '.')
  const rows = stdout.split('\n').map((line) => line.split('\t'))
  return rows.filter(([, , state]) => state === wanted).map(([kid = '']) => kid)
}

/** Goes on with its session at one server after the other, and shows every token to all of them and to a third party. */
class Client {
  readonly kids = new Set<string>()
  readonly refusals: string[] = []
  calls = 0
  #tokens: Tokens
  readonly #servers: readonly Served[]
  readonly #other: ThirdParty

  constructor(tokens: Tokens, servers: readonly Served[]) {
    this.#tokens = tokens
    this.#servers = servers
    this.#other = new ThirdParty(servers)
  }

  async run(signal: AbortSignal): Promise<void> {
    for (let turn = 0; !signal.aborted; turn++) {
      const { access_token: token } = this.#tokens
      this.kids.add(headerOf(token).kid)
      for (const server of this.#servers) {
        const status = await call(server, token)
        if (status !== 200) this.refusals.push(`${status} ${headerOf(token).kid}`)
      }
      await this.#other.verify(token).catch((error) => this.refusals.push(`third party: ${error.message}`))
      this.calls++
      await this.#goOn(this.#servers[turn % this.#servers.length])
    }
  }

  async #goOn(server: Served | undefined): Promise<void> {
    const answer = await post(`${server?.url}/refresh`, { refresh_token: this.#tokens.refresh_token })
    if (answer.status === 200) this.#tokens = (await answer.json()) as Tokens
    else this.refusals.push(`${answer.status} ${await answer.text()}`)
    await pause(5)
  }
}

async function rotateUnderLoad(t: ExecutionContext, site: Site): Promise<void> {
  const servers = await Promise.all([site.serve(), site.serve()])
  t.is((await kidsOf(site, 'current')).length, 1, 'who start at once make one set of keys')
  t.is((await kidsOf(site, 'next')).length, 1)
  const clients = await Promise.all(
    Array.from({ length: 4 }, async (_, at) => new Client(await logIn(servers[at % 2] ?? servers[0]), servers)),
  )
  const stop = new AbortController()
  const running = clients.map((client) => client.run(stop.signal))
  for (let turn = 0; turn < 4; turn++) {
    const rotated = await site.run('keys', 'rotate', '--now', '--policies', '.')
    t.is(rotated.code, 0, rotated.stderr)
    const [kid = ''] = await kidsOf(site, 'current')
    if (turn % 2 === 0) await until(() => clients.every(({ kids }) => kids.has(kid)))
  }
  // Keys that no server has seen before they sign.
  for (let turn = 0; turn < 3; turn++) {
    await site.rotate(3)
    const [kid = ''] = await kidsOf(site, 'current')
    await until(() => clients.every(({ kids }) => kids.has(kid)))
  }
  stop.abort()
  await Promise.all(running)
  for (const { refusals, kids, calls } of clients) {
    t.deepEqual(refusals, [])
    t.true(kids.size >= 3, `${kids.size} keys in ${calls} calls`)
  }
}

for (const kind of kinds)
  test.serial(`${kind}: rotations under load refuse no valid token, at no server and no third party`, async (t) => {
    t.timeout(300_000)
    await rotateUnderLoad(t, await openSite(t, { ...serverOf(kind), hasAlice: true }))
  })

test.serial('a key that is revoked counts at no server any more, and another one signs', async (t) => {
  t.timeout(300_000)
  const site = await openSite(t, { hasAlice: true })
  const servers = await Promise.all([site.serve(), site.serve()])
  const mint = async () => (await site.run('token', '.', '--sub', 'alice')).stdout.trim()
  const token = await mint()
  for (const server of servers) t.is(await call(server, token), 200)
  const { kid } = headerOf(token)
  const revoked = await site.run('keys', 'revoke', kid, '--policies', '.')
  t.is(revoked.code, 0, revoked.stderr)
  t.regex(
    revoked.stdout,
    new RegExp(`^\`${kid}\` is revoked, and \`[\\w-]{43}\` signs: .* refused everywhere within 2 seconds`),
  )
  for (const server of servers) await until(async () => (await call(server, token)) === 401)
  for (const server of servers) {
    const signed = async () => headerOf((await logIn(server)).access_token).kid
    t.not(await signed(), kid, 'who refuses its tokens signs with it no more')
  }
  const next = await mint()
  t.not(headerOf(next).kid, kid)
  for (const server of servers) t.is(await call(server, next), 200)
  const published = await (await fetch(`${servers[0].url}/jwks.json`)).text()
  t.false(published.includes(kid))
})

test.serial(
  'while the database is away tokens are verified and keys are published; when it is back, they follow it again',
  async (t) => {
    t.timeout(300_000)
    if (postgres === undefined) return t.fail()
    const site = await openSite(t, { server: postgres, hasAlice: true })
    const served = await site.serve()
    const tokens = await logIn(served)
    const unseen = (await logIn(served)).access_token
    await postgres.kill()
    t.is(await call(served, tokens.access_token), 200)
    const third = new ThirdParty([served])
    t.is((await third.verify(tokens.access_token)).aud, 'shop-api')
    t.is((await post(`${served.url}/refresh`, { refresh_token: tokens.refresh_token })).status, 503)
    t.is((await site.run('keys', 'rotate', '--now', '--policies', '.')).code, 3)
    await until(async () => (await (await fetch(`${served.url}/ready`)).text()).includes('"issuers/shop"'))
    for (const token of [tokens.access_token, unseen]) t.is(await call(served, token), 200)
    t.is((await new ThirdParty([served]).verify(unseen)).aud, 'shop-api')
    await postgres.start()
    await until(
      async () => ((await (await fetch(`${served.url}/ready`)).json()) as { status: string }).status === 'ready',
    )
    const rotated = await site.run('keys', 'rotate', '--now', '--policies', '.')
    t.is(rotated.code, 0, rotated.stderr)
    const [kid = ''] = await kidsOf(site, 'current')
    let { refresh_token } = tokens
    await until(async () => {
      const answer = await post(`${served.url}/refresh`, { refresh_token })
      const next = (await answer.json()) as Tokens
      refresh_token = next.refresh_token ?? refresh_token
      return answer.status === 200 && headerOf(next.access_token).kid === kid
    })
    t.is(await call(served, tokens.access_token), 200, 'what was signed before is good')
  },
)
