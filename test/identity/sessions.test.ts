/** Sessions of an account, as their owner sees and ends them over HTTP. */

import test from 'ava'
import type { Gate, Reply } from '../helpers/gate.ts'
import { addAccount, claimsOf, codeOf, get, logIn, openSite, password, post } from './shop.ts'

interface Told {
  readonly id: string
  readonly current: boolean
  readonly [member: string]: unknown
}

const remove = (gate: Gate, id: string, token: string): Promise<Reply> =>
  gate.call('DELETE', `/sessions/${id}`, { headers: { authorization: `Bearer ${token}` } })

const list = async (gate: Gate, token: string): Promise<readonly Told[]> =>
  JSON.parse((await get(gate, '/sessions', token)).body).sessions

test('an account sees where it is logged in, and ends a session of its own and no other', async (t) => {
  const { gate, records, file } = await openSite(t)
  await addAccount({ database: `sqlite:${file}` }, 'bob')
  const logInFrom = async (agent: string, username: string) => {
    const headers = { 'content-type': 'application/json', 'user-agent': agent }
    const { body } = await gate.call('POST', '/login', { headers, body: JSON.stringify({ username, password }) })
    return JSON.parse(body)
  }
  const [here, there, others] = [
    await logInFrom('Browser/1', 'alice'),
    await logInFrom(`Phone/2 <b>${'x'.repeat(300)}`, 'alice'),
    await logInFrom('Browser/1', 'bob'),
  ]
  const before = Date.now()
  await post(gate, '/refresh', { refresh_token: here.refresh_token })
  const told = await list(gate, here.access_token)
  t.deepEqual(told.map(({ id }) => id).toSorted(), [here, there].map(idOf).toSorted())
  const own = told.find(({ current }) => current)
  t.like(own, { id: idOf(here), agent: 'Browser/1', address: '127.0.0.1' })
  t.true(Date.parse(String(own?.lastUsed)) >= before && Date.parse(String(own?.created)) <= before)
  t.true(Date.parse(String(own?.expires)) > before + 13 * 86_400_000)
  t.is(String(told.find(({ current }) => !current)?.agent).length, 200)

  for (const id of [idOf(others), 'unknown', '%27%20or%201=1', 'x'.repeat(200)]) {
    const reply = await remove(gate, id, here.access_token)
    t.is(codeOf(reply), 'not_found', id)
  }
  t.is((await get(gate, '/me', others.access_token)).status, 200)

  t.is((await remove(gate, idOf(there), here.access_token)).status, 204)
  t.is(codeOf(await get(gate, '/me', there.access_token)), 'token_invalid')
  t.is(codeOf(await post(gate, '/refresh', { refresh_token: there.refresh_token })), 'token_invalid')
  t.is(codeOf(await remove(gate, idOf(there), here.access_token)), 'not_found')
  t.deepEqual((await list(gate, here.access_token)).map(idOfTold), [idOf(here)])
  t.like(
    records.find(({ event }) => event === 'auth.logout'),
    { outcome: 'allowed', principal: { id: claimsOf(here.access_token).sub }, details: { session: idOf(there) } },
  )
  t.is((await remove(gate, idOf(here), here.access_token)).status, 204)
  t.is(codeOf(await get(gate, '/sessions', here.access_token)), 'token_invalid')
})

test('of two who end one session at once, one is told that it is gone', async (t) => {
  const { gate } = await openSite(t)
  const [one, two] = [JSON.parse((await logIn(gate)).body), JSON.parse((await logIn(gate)).body)]
  const replies = await Promise.all(Array.from({ length: 8 }, () => remove(gate, idOf(two), one.access_token)))
  t.deepEqual(replies.map(({ status }) => status).toSorted(), [204, ...Array(7).fill(404)])
})

const idOf = ({ access_token }: { readonly access_token: string }): string => claimsOf(access_token).sid
const idOfTold = ({ id }: Told): string => id
