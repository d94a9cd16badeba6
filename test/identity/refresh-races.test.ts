/** One refresh token over two processes on one Postgres: many uses at once, kill -9 in the middle of one, the store away. */

import test from 'ava'
import { until } from '../helpers/until.ts'
import { codeOf, get, logIn, openNodes, post, refresh, refreshes, type Tokens, tokensOf } from './nodes.ts'

/** Milliseconds in which a client that lost its answer may ask again. */
const grace = 5_000
const times = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at))
const aliveTokens = `select family_id, count(*)::int as alive from portcullis_refresh_tokens where spent_at is null group by 1`
const revoked = 'select revoked_because from portcullis_refresh_families where revoked_at is not null'

test.serial(
  'of 50 uses at once over two processes one rotates; a use after the grace is the end on both',
  async (t) => {
    t.timeout(240_000)
    const { serve, ask } = await openNodes(t)
    const nodes = await Promise.all([serve(), serve()])
    const [one, two] = nodes
    const { refresh_token: first, access_token } = await logIn(one)
    const used = await Promise.all(times(50, (at) => refresh(at % 2 ? one : two, first)))
    t.deepEqual(new Set(used.map(({ status }) => status)), new Set([200]))
    t.is(new Set(used.map((answer) => tokensOf(answer).refresh_token)).size, 1)
    t.is(await refreshes(nodes, 'ok'), 1)
    t.is(await refreshes(nodes, 'repeated'), 49)
    t.is((await ask('select hash from portcullis_refresh_tokens')).length, 2)

    await ask(`update portcullis_refresh_tokens set spent_at = spent_at - ${grace + 60_000} where spent_at is not null`)
    const reused = await Promise.all(times(50, (at) => refresh(at % 2 ? one : two, first)))
    t.deepEqual(new Set(reused.map(codeOf)), new Set(['token_invalid']))
    t.is(await refreshes(nodes, 'reused'), 1)
    t.is(await refreshes(nodes, 'revoked'), 49)
    t.deepEqual(await ask(revoked), [{ revoked_because: 'reused' }])
    const [successor] = used.map((answer) => tokensOf(answer).refresh_token)
    for (const node of nodes) t.is(codeOf(await refresh(node, successor ?? '')), 'token_invalid')
    const statuses = await Promise.all(nodes.map((node) => get(node, '/me', access_token)))
    t.true(
      statuses.some(({ status }) => status === 401),
      'the node that saw the reuse refuses its access tokens',
    )
  },
)

test.serial('who loses the answer to kill -9 goes on within the grace; no family has two ends', async (t) => {
  t.timeout(300_000)
  const { serve, ask, server } = await openNodes(t)
  const steady = await serve()
  const sessions: Tokens[] = []
  for (let at = 0; at < 8; at++) sessions.push(await logIn(steady))
  let [lost, late, consumed] = [0, 0, 0]
  for (let round = 0; round < 8 || (consumed === 0 && round < 30); round++) {
    const victim = await serve()
    await Promise.all(times(8, () => refresh(victim, 'x'.repeat(43))))
    const began = Date.now()
    const uses = sessions.map(({ refresh_token }) => refresh(victim, refresh_token).catch(() => undefined))
    const pause = Math.random() * 100
    if (round % 2 === 1) setTimeout(() => server.freeze(), pause / 2)
    await new Promise((turn) => setTimeout(turn, pause))
    await victim.end('SIGKILL')
    if (round % 2 === 1) server.thaw()
    const answers = await Promise.all(uses)
    for (const [at, answer] of answers.entries()) {
      const token = answer?.status === 200 ? tokensOf(answer).refresh_token : sessions[at]?.refresh_token
      if (answer === undefined) lost++
      const next = await refresh(steady, token ?? '')
      if (next.status === 200) sessions[at] = tokensOf(next)
      else if (Date.now() - began > grace) {
        late++
        sessions[at] = await logIn(steady)
      } else t.fail(`round ${round}: ${next.body}`)
    }
    for (const { alive } of await ask(aliveTokens)) t.is(alive, 1)
    t.is((await ask(revoked)).length, late)
    consumed = await refreshes([steady], 'repeated')
  }
  t.log(`${lost} answers were lost, of ${consumed} the token had been consumed`)
  t.true(consumed > 0)
})

test.serial('a store that stands still amid a refresh is 503, never a token, and costs no session', async (t) => {
  t.timeout(240_000)
  const { serve, ask, server } = await openNodes(t, { deadline: '1s' })
  const node = await serve()
  const sessions = [await logIn(node), await logIn(node), await logIn(node), await logIn(node)]
  for (const [at, { refresh_token }] of sessions.entries()) {
    const began = Date.now()
    const use = refresh(node, refresh_token)
    await new Promise((turn) => setTimeout(turn, at * 3))
    server.freeze()
    const away = await use
    if (away.status !== 200) t.is(codeOf(away), 'state_unavailable')
    t.false(away.status !== 200 && away.body.includes('token'))
    t.is((await post(node, '/login', { username: 'alice', password: 'seven sober otters sing' })).status, 503)
    server.thaw()
    await until(async () => (await refresh(node, 'x'.repeat(43))).status === 401)
    const token = away.status === 200 ? tokensOf(away).refresh_token : refresh_token
    const next = await refresh(node, token)
    if (Date.now() - began < grace) t.is(next.status, 200, next.body)
  }
  for (const { alive } of await ask(aliveTokens)) t.is(alive, 1)
})
