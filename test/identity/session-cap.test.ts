/** A login too many takes the place of the session that was not used for longest, with its access tokens. */

import test from 'ava'
import { readSettings } from '../../src/policy/settings.ts'
import { claimsOf, fieldKey, get, logIn, openSite } from './shop.ts'

test('the access token of a session that gave way is good no longer', async (t) => {
  const { gate, file } = await openSite(t)
  const { access_token: token } = JSON.parse((await logIn(gate)).body)
  const { database } = readSettings({ database: { url: `sqlite:${file}`, fieldKeys: [fieldKey] } })
  if (database === undefined) throw new Error('no settings')
  const { store } = await gate.world.accounts.open(database, true)
  const account = await store.accounts.find(claimsOf(token).sub)
  if (account === undefined) throw new Error('no account')
  const rules = { idle: 60_000_000, absolute: 60_000_000, grace: 0 }
  for (let login = 1; login < 100; login++)
    t.deepEqual((await store.sessions.begin({ account, client: 'web', scopes: [], details: {}, rules }))?.ended, [])
  t.is((await get(gate, '/orders', token)).status, 200)
  t.is((await logIn(gate)).status, 200)
  t.is((await get(gate, '/orders', token)).status, 401)
})
