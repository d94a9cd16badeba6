/** `portcullis users set` and `users remove`, on servers that run meanwhile: what holds from when on, and what goes on. */

import type { ExecutionContext } from 'ava'
import { until } from '../helpers/until.ts'
import { addApiKey } from '../identity/api-key-by-command.ts'
import { codeOf, logIn, post, refresh, tokensOf } from '../identity/nodes.ts'
import { openPair, type Pair, statusOf } from '../identity/pair.ts'
import { claimsOf, password, username } from '../identity/shop.ts'
import { onBothInTurn } from '../services/accounts/stores.ts'

const policies = ['--policies', '.'] as const

/** A session that a browser keeps; what it answers. */
async function logInByCookie({ here, there }: Pair) {
  const answer = await fetch(`${here.url}/login/browser`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: here.url },
    body: JSON.stringify({ username, password }),
  })
  const [cookie = ''] = (answer.headers.get('set-cookie') ?? '').split(';')
  return async () => {
    const calls = [here, there].map(({ url }) => fetch(`${url}/orders`, { headers: { cookie } }))
    return (await Promise.all(calls)).map(({ status }) => status)
  }
}

const set = ({ run }: Pair, ...args: readonly string[]) => run(['users', 'set', 'Alice', ...args, ...policies])

async function assertRecorded(t: ExecutionContext, { records }: Pair, event: string, details: object) {
  const found = () => records().filter((record) => record.event === event)
  await until(() => found().length > 0)
  t.like(found(), [{ outcome: 'done', details }])
}

onBothInTurn('who may do less does less within 2 seconds, and stays logged in', async (t, kind) => {
  const pair = await openPair(t, kind)
  const [first, browser] = [await logIn(pair.here), await logInByCookie(pair)]
  t.deepEqual(await browser(), [200, 200])
  const { sub, scope } = claimsOf(first.access_token)
  t.is(scope, 'orders:read')
  const changed = await set(pair, '--scopes', '', '--roles', 'admin', '--claim', 'plan=free', '--drop-claim', 'exp')
  t.like(changed, {
    code: 0,
    stderr: '',
    stdout:
      '`Alice` is changed: within 2 seconds its access tokens are good nowhere, and a refresh gives its sessions others; API keys follow as soon\n',
  })
  for (const node of [pair.here, pair.there]) {
    await until(async () => {
      t.deepEqual(await browser(), [200, 200], 'a browser notices nothing')
      return (await statusOf(node, first)) === 401
    })
  }
  const second = tokensOf(await refresh(pair.there, first.refresh_token))
  t.like(claimsOf(second.access_token), { sub, scope: '', roles: ['admin'], plan: 'free' })
  for (const node of [pair.here, pair.there]) t.is(await statusOf(node, second), 200)
  t.deepEqual(await browser(), [200, 200])

  const more = await set(pair, '--scopes', 'orders:read,orders:write')
  t.is(more.stdout, '`Alice` is changed; scopes that its sessions began without come with its next login\n')
  t.is(await statusOf(pair.here, second), 200)
  const third = tokensOf(await refresh(pair.here, second.refresh_token))
  t.is(claimsOf(third.access_token).scope, 'orders:read')
  t.is((await set(pair, '--scopes', 'orders:write,orders:read')).stdout, '`Alice` is changed\n')
  t.is((await set(pair, '--roles', 'admin')).stdout, '`Alice` is so already: nothing was done\n')
  const details = { account: sub, roles: ['admin'], scopes: [], claims: ['plan', 'exp'] }
  const found = () => pair.records().filter(({ event }) => event === 'account.changed')
  await until(() => found().length === 3)
  const granted = found().filter(({ details: told }) => (told as { claims?: unknown }).claims !== undefined)
  t.is(granted.length, 1)
  t.like(granted, [{ outcome: 'done', details }])
})

onBothInTurn('what cannot be is refused, and nothing is changed', async (t, kind) => {
  const pair = await openPair(t, kind)
  const session = await logIn(pair.here)
  const bob = ['users', 'add', 'bob', '--email', 'bob@example.org', ...policies]
  t.is((await pair.run(bob, `${password}\n`)).code, 0)
  const refused: readonly (readonly [number, readonly string[]])[] = [
    [1, ['set', 'nobody', '--roles', 'admin']],
    [1, ['set', 'alice', '--email', 'BOB@example.org', '--roles', 'admin']],
    [1, ['set', 'alice', '--email', ' ']],
    [2, ['set', 'alice', '--scopes', 'a"b']],
    [2, ['set', 'alice', '--claim', 'plan']],
    [2, ['set', 'alice', '--claim', 'plan=free', '--drop-claim', 'plan']],
    [2, ['set', 'alice', '--roles', 'admin', '--dry-run']],
    [2, ['disable', 'alice', '--roles', 'admin']],
    [2, ['add', 'carol', '--drop-claim', 'plan']],
    [1, ['remove', 'nobody']],
  ]
  for (const [code, args] of refused) {
    const ended = await pair.run(['users', ...args, ...policies])
    t.is(ended.code, code, `${args.join(' ')}: ${ended.stderr}`)
    t.is(ended.stdout, '')
  }
  t.like(claimsOf(tokensOf(await refresh(pair.here, session.refresh_token)).access_token), { roles: ['customer'] })
})

onBothInTurn('who is removed is out everywhere, and whoever has the name next is somebody else', async (t, kind) => {
  const pair = await openPair(t, kind)
  const { here, there, run } = pair
  const [session, browser] = [await logIn(here), await logInByCookie(pair)]
  const minted = (await run(['token', '.', '--sub', claimsOf(session.access_token).sub, '--ttl', '20d'])).stdout.trim()
  const long = { access_token: minted, refresh_token: '' }
  const key = await addApiKey(pair, 'alice')
  for (const node of [here, there]) {
    t.is(await statusOf(node, session), 200)
    t.is(await statusOf(node, long), 200)
    t.is(await key.statusOf(node), 200)
  }
  const removed = await run(['users', 'remove', 'ALICE', ...policies])
  t.like(removed, {
    code: 0,
    stderr: '',
    stdout:
      '`ALICE` is removed: 2 sessions and 1 API key have ended, and within 2 seconds its access tokens and keys are good nowhere\n',
  })
  t.is(codeOf(await refresh(there, session.refresh_token)), 'token_invalid')
  const enter = () => post(there, '/login', { username, password })
  t.is(codeOf(await enter()), 'credentials_invalid')
  const assertOut = async () => {
    for (const node of [here, there]) {
      await until(async () => (await statusOf(node, session)) === 401)
      await until(async () => (await statusOf(node, long)) === 401)
      await until(async () => (await key.statusOf(node)) === 401)
    }
    t.deepEqual(await browser(), [401, 401])
  }
  await assertOut()
  t.is((await run(['users', 'remove', 'alice', ...policies])).code, 1)
  const { sub: account } = claimsOf(session.access_token)
  await assertRecorded(t, pair, 'account.removed', { account, sessions: 2, apiKeys: 1 })

  t.is((await run(['users', 'add', 'alice', ...policies], `${password}\n`)).code, 0)
  const entered = tokensOf(await enter())
  t.not(claimsOf(entered.access_token).sub, account)
  t.like(claimsOf(entered.access_token), { scope: '', roles: [] })
  await assertOut()
  t.is(codeOf(await refresh(here, session.refresh_token)), 'token_invalid')
  t.is((await run(['api-keys', 'list', 'alice', ...policies])).stdout, '')
})
