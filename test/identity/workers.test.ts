/** Accounts over the workers of one `serve --workers 2`: whoever takes the next request knows the session. */

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { until } from '../helpers/until.ts'
import { codeOf, get, logIn, openNodes, post, refresh, tokensOf } from './nodes.ts'

/** The events of each process, which keeps a log of its own. */
const eventsOf = (cwd: string): readonly (readonly string[])[] =>
  Object.values(
    Object.groupBy(globSync(join(cwd, 'data/audit/**/*.jsonl')), (file) => file.slice(0, file.lastIndexOf('/'))),
  ).map((files = []) => files.flatMap((file) => readFileSync(file, 'utf8').match(/(?<="event":")[^"]+/g) ?? []))

test('a login on one worker goes on on the other, and a logout holds on both', async (t) => {
  t.timeout(240_000)
  const { serve, cwd } = await openNodes(t)
  const node = await serve('--workers', '2')
  let tokens = await logIn(node)
  const first = tokens.access_token
  const refreshing = () => eventsOf(cwd).filter((events) => events.includes('auth.refreshed')).length
  for (let uses = 0; uses < 4 || refreshing() < 2; uses++) {
    const answer = await refresh(node, tokens.refresh_token)
    if (answer.status !== 200) return t.fail(answer.body)
    tokens = tokensOf(answer)
    t.is((await get(node, '/me', first)).status, 200)
  }
  t.is(eventsOf(cwd).filter((events) => events.includes('auth.login')).length, 1)
  t.is((await post(node, '/logout', {}, first)).status, 204)
  const many = () => Promise.all(Array.from({ length: 10 }, () => get(node, '/orders', tokens.access_token)))
  await until(async () => (await many()).every(({ status }) => status === 401))
  for (let round = 0; round < 3; round++) for (const { status } of await many()) t.is(status, 401)
  for (let at = 0; at < 4; at++) t.is(codeOf(await refresh(node, tokens.refresh_token)), 'token_invalid')
})
