/** Sessions that end on one server end on every other of the same database, without Redis; in processes of their own. */

import type { Served } from '../helpers/command.ts'
import { until } from '../helpers/until.ts'
import { onBothInTurn } from '../services/accounts/stores.ts'
import { logIn, post, refresh, type Tokens, tokensOf } from './nodes.ts'
import { openPair, statusOf } from './pair.ts'
import { claimsOf, password, username } from './shop.ts'

const remove = async ({ url }: Served, id: string, { access_token }: Tokens): Promise<number> => {
  const headers = { authorization: `Bearer ${access_token}`, connection: 'close' }
  return (await fetch(`${url}/sessions/${id}`, { method: 'DELETE', headers })).status
}

const another = 'eleven calm herons wade'

/** What ends a session on one node, told by another session of the account. */
const ends: Readonly<Record<string, (node: Served, session: Tokens, by: Tokens) => Promise<unknown>>> = {
  'its logout': (node, { access_token }) => post(node, '/logout', {}, access_token),
  'a logout that names its refresh token': (node, { refresh_token }, by) =>
    post(node, '/logout', { refresh_token }, by.access_token),
  'the logout of all': (node, _, by) => post(node, '/logout', { all: true }, by.access_token),
  'its owner by its id': (node, { access_token }, by) => remove(node, claimsOf(access_token).sid, by),
  'a refresh token that was used twice': async (node, { refresh_token }) => {
    const second = tokensOf(await refresh(node, refresh_token))
    await refresh(node, second.refresh_token)
    await refresh(node, refresh_token)
  },
  'another password': (node, _, by) => post(node, '/password', { current: password, new: another }, by.access_token),
}

onBothInTurn('a session that ends on one node ends on the others, however it ends', async (t, kind) => {
  const { here, there, serve } = await openPair(t, kind)
  const ended: Tokens[] = []
  for (const [name, end] of Object.entries(ends)) {
    const [session, by, bystander] = [await logIn(here), await logIn(there), await logIn(there)]
    for (const node of [here, there]) t.is(await statusOf(node, session), 200, name)
    await end(here, session, by)
    t.is(await statusOf(here, session), 401, `${name}: at once where it ended`)
    await until(async () => (await statusOf(there, session)) === 401)
    const isAlone = !['the logout of all', 'another password'].includes(name)
    if (isAlone) for (const node of [here, there]) t.is(await statusOf(node, bystander), 200, name)
    else await until(async () => (await statusOf(there, bystander)) === 401)
    ended.push(session, ...(isAlone ? [] : [bystander]))
  }
  const later = await serve()
  for (const node of [here, there, later])
    for (const session of ended) t.is(await statusOf(node, session), 401, 'also where it starts afterwards')
})

onBothInTurn('what ended holds though the node is killed as soon as it has answered', async (t, kind) => {
  const { here, there } = await openPair(t, kind)
  const session = await logIn(here)
  t.is(await statusOf(there, session), 200)
  t.is((await post(here, '/logout', {}, session.access_token)).status, 204)
  await here.end('SIGKILL')
  await until(async () => (await statusOf(there, session)) === 401)
})

onBothInTurn(
  'a token whose session is over, and one that never had any, are logged out on all nodes',
  async (t, kind) => {
    const { here, there, run } = await openPair(t, kind)
    for (const claims of [['--claim', 'sid="over"'], []]) {
      const { stdout } = await run(['token', '.', '--sub', 'somebody', '--scopes', 'orders:read', ...claims])
      const tokens = { access_token: stdout.trim(), refresh_token: '' }
      for (const node of [here, there]) t.is(await statusOf(node, tokens), 200)
      t.is((await post(here, '/logout', {}, tokens.access_token)).status, 204)
      t.is(await statusOf(here, tokens), 401)
      await until(async () => (await statusOf(there, tokens)) === 401)
    }
  },
)

onBothInTurn('a browser is logged out on all nodes, and by its next login', async (t, kind) => {
  const { here, there } = await openPair(t, kind)
  const call = (node: Served, method: string, path: string, cookie = '', body?: object) =>
    fetch(`${node.url}${path}`, {
      method,
      headers: { cookie, origin: node.url, 'content-type': 'application/json', connection: 'close' },
      ...(body && { body: JSON.stringify(body) }),
    })
  const enter = async (cookie = '') => {
    const answer = await call(here, 'POST', '/login/browser', cookie, { username, password })
    t.is(answer.status, 200)
    return answer.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  }
  const isIn = async (node: Served, cookie: string) => (await call(node, 'GET', '/orders', cookie)).status === 200
  const first = await enter()
  t.true(await isIn(there, first))
  const second = await enter(first)
  t.false(await isIn(here, first))
  await until(async () => !(await isIn(there, first)))
  t.true(await isIn(there, second))
  t.is((await call(here, 'POST', '/logout', second)).status, 204)
  t.false(await isIn(here, second))
  await until(async () => !(await isIn(there, second)))
})
