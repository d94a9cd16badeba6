/** Refresh tokens used by several processes at once, and by some that are killed in the middle of it. */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import type { AccountStore } from '../../../src/services/accounts/account-store.ts'
import { openAccountStore } from '../../../src/services/accounts/account-store.ts'
import { createKeyRing } from '../../../src/services/accounts/fields/key-ring.ts'
import { systemClock } from '../../../src/services/clock.ts'
import { openDatabase } from '../../../src/services/database/open-database.ts'
import { randomId } from '../../../src/services/random-id.ts'
import { type Hold, rules, type Said, type Uses } from './session-process.ts'
import { emptyDatabase, type Kind, newSecret, onBothInTurn, settingsOf, usePostgres } from './stores.ts'

const server = usePostgres()
const script = fileURLToPath(new URL('./session-process.ts', import.meta.url))

interface Started {
  readonly store: AccountStore
  /** The first tokens of so many sessions. */
  begin(sessions: number): Promise<readonly string[]>
  node(): Promise<Node>
  /** How many tokens of each session are good for a use. */
  liveTokens(): Promise<readonly number[]>
}

interface Node {
  use(uses: Uses): void
  /** Resolves when it has said something that fits. */
  hears<T extends Said>(fits: (said: Said) => said is T): Promise<T>
  heard(): readonly Said[]
  kill(): Promise<void>
}

async function start(t: ExecutionContext, kind: Kind): Promise<Started> {
  const [url, secret] = [await emptyDatabase(t, kind), newSecret()]
  const world = { ring: createKeyRing([secret]), clock: systemClock, randomId }
  const store = await openAccountStore(settingsOf(url), world)
  t.teardown(() => store.close())
  const account = await store.accounts.create({ username: 'alice' })
  const database = await openDatabase(settingsOf(url))
  t.teardown(() => database.close())
  const begin = async (sessions: number) => {
    const given = { client: 'web', scopes: [], details: {}, rules }
    const tokens: string[] = []
    while (account && tokens.length < sessions)
      tokens.push((await store.sessions.begin({ account, ...given }))?.token ?? '')
    return tokens
  }
  const liveTokens = async () => {
    const rows = await database.query<{ live: number }>(
      `select sum(case when spent_at is null then 1 else 0 end) as live from portcullis_refresh_tokens group by family_id`,
    )
    return rows.map(({ live }) => Number(live))
  }
  const args = [url, kind === 'postgres' ? server().ca : '', secret.toString('hex')]
  return { store, begin, liveTokens, node: () => startNode(t, args) }
}

async function startNode(t: ExecutionContext, args: readonly string[]): Promise<Node> {
  const child = fork(script, args)
  const ended = once(child, 'exit')
  t.teardown(() => child.kill('SIGKILL'))
  const heard: Said[] = []
  child.on('message', (said: Said) => heard.push(said))
  const node: Node = {
    use: (uses) => void child.send(uses),
    hears: (fits) => hears(child, heard, fits),
    heard: () => heard,
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
  await node.hears((said) => said === 'ready')
  return node
}

async function hears<T extends Said>(child: ChildProcess, heard: readonly Said[], fits: (said: Said) => said is T) {
  for (;;) {
    const found = heard.find(fits)
    if (found !== undefined) return found as T
    await once(child, 'message')
  }
}

const isUse = (said: Said): said is Extract<Said, object> => typeof said === 'object'

onBothInTurn('two processes that use one token 50 times at once give one successor', async (t, kind) => {
  const { begin, node, liveTokens } = await start(t, kind)
  const [token = ''] = await begin(1)
  const nodes = await Promise.all([node(), node()])
  for (const each of nodes) each.use({ tokens: Array.from({ length: 25 }, () => token) })
  await Promise.all(nodes.map((each) => each.hears((_): _ is Said => each.heard().filter(isUse).length === 25)))
  const successors = new Set(nodes.flatMap((each) => each.heard().filter(isUse)).map((said) => said.token))
  t.is(successors.size, 1)
  t.false(successors.has(''))
  t.deepEqual(await liveTokens(), [1])
})

const holds: readonly Hold[] = [
  { before: 'update portcullis_refresh_tokens set spent_at' },
  { before: 'insert into portcullis_refresh_tokens' },
  { before: 'update portcullis_refresh_families set used_at' },
  'commit',
  'answer',
]

for (const hold of holds)
  onBothInTurn(`a process that is killed at ${JSON.stringify(hold)} leaves a session that goes on`, async (t, kind) => {
    const { store, begin, node, liveTokens } = await start(t, kind)
    const [token = ''] = await begin(1)
    const killed = await node()
    killed.use({ tokens: [token], hold })
    await killed.hears((said) => said === 'holding')
    await killed.kill()
    t.deepEqual(await liveTokens(), [1])
    const again = await store.sessions.rotate(token, { client: 'web', rules })
    t.like(again, { isRepeat: hold === 'answer' })
    t.deepEqual(await liveTokens(), [1])
    const next = await store.sessions.rotate('token' in again ? again.token : '', { client: 'web', rules })
    t.like(next, { isRepeat: false })
    t.deepEqual(await liveTokens(), [1])
  })

onBothInTurn('processes that are killed at any time leave every session with one live token', async (t, kind) => {
  const { store, begin, node, liveTokens } = await start(t, kind)
  const tokens = await begin(10)
  const nodes = await Promise.all([node(), node()])
  for (const [at, each] of nodes.entries()) each.use({ tokens: tokens.filter((_, of) => of % 2 === at), isChain: true })
  await Promise.all(nodes.map((each) => each.hears((_): _ is Said => each.heard().filter(isUse).length >= 50)))
  await Promise.all(nodes.map((each) => each.kill()))
  t.deepEqual(
    await liveTokens(),
    tokens.map(() => 1),
  )
  const next = new Map(nodes.flatMap((each) => each.heard().filter(isUse)).map(({ used, token }) => [used, token]))
  for (const first of tokens) {
    let last = first
    for (let token = next.get(last); token !== undefined; token = next.get(last)) last = token
    t.true('token' in (await store.sessions.rotate(last, { client: 'web', rules })))
  }
})
