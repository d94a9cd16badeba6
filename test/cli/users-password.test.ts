/** `portcullis users password`: another password for who forgot it, on servers that run meanwhile. */

import { hostname, userInfo } from 'node:os'
import { until } from '../helpers/until.ts'
import { codeOf, logIn, post, refresh } from '../identity/nodes.ts'
import { openPair, statusOf } from '../identity/pair.ts'
import { claimsOf, password, username } from '../identity/shop.ts'
import { onBothInTurn } from '../services/accounts/stores.ts'

const another = 'eleven calm herons wade'
const policies = ['--policies', '.'] as const

onBothInTurn('who forgot a password gets another one, and whoever was logged in is so no more', async (t, kind) => {
  const { here, there, run, records } = await openPair(t, kind)
  const sessions = [await logIn(here), await logIn(there)]
  for (const session of sessions) t.is(await statusOf(there, session), 200)
  const logInWith = (typed: string) => post(there, '/login', { username, password: typed })
  for (let time = 0; time < 6; time++) await logInWith('not the one that it is')
  t.is(codeOf(await logInWith(another)), 'account_locked')

  const done = await run(['users', 'password', 'Alice', ...policies], `${another}\n`)
  t.like(done, {
    code: 0,
    stderr: '',
    stdout:
      '`Alice` has another password: 2 sessions have ended, and within 2 seconds its access tokens are good nowhere\n',
  })
  const entered = await logInWith(another)
  t.is(entered.status, 200, entered.body)
  for (const node of [here, there]) {
    for (const session of sessions) {
      await until(async () => (await statusOf(node, session)) === 401)
      t.is((await refresh(node, session.refresh_token)).status, 401)
    }
    t.is(await statusOf(node, JSON.parse(entered.body)), 200, 'the first login with it goes on')
  }
  t.is(codeOf(await logInWith(password)), 'credentials_invalid')

  await until(() => records().some(({ event }) => event === 'account.password'))
  await Promise.all([here, there].map(({ end }) => end('SIGTERM')))
  const acts = records().filter(({ event }) => event === 'account.password')
  const operator = { user: userInfo().username, host: hostname() }
  const details = { account: claimsOf(sessions[0]?.access_token ?? '').sub, sessions: 2 }
  t.is(acts.length, 1)
  t.like(acts, [{ outcome: 'done', operator, details }])
  const told = JSON.stringify([records(), here.logged(), there.logged(), done])
  for (const secret of [password, another]) t.false(told.includes(secret))
})

onBothInTurn('a password that is refused, or is nobody’s, changes nothing', async (t, kind) => {
  const { here, run } = await openPair(t, kind)
  const session = await logIn(here)
  const refused = [
    [['alice'], 'too short\n', 1, 'the password has fewer than 15 characters'],
    [['alice'], '\n', 1, 'the password '],
    [['alice'], 'alicealicealicealice\n', 1, 'the password '],
    [['nobody'], `${another}\n`, 1, 'no account is named `nobody`'],
    [[], `${another}\n`, 2, 'expected a name after `password`'],
    [['alice', another], '', 2, 'expected nothing after the name'],
  ] as const
  for (const [names, input, code, why] of refused) {
    const ended = await run(['users', 'password', ...names, ...policies], input)
    t.is(ended.code, code, why)
    t.true(ended.stderr.includes(why), ended.stderr)
    t.false(`${ended.stdout}${ended.stderr}`.includes(another))
  }
  t.is((await refresh(here, session.refresh_token)).status, 200)
  t.is((await logIn(here)).refresh_token.length, session.refresh_token.length)
})

onBothInTurn('an account that is disabled stays so, whatever its password', async (t, kind) => {
  const { here, run } = await openPair(t, kind)
  t.is((await run(['users', 'disable', 'alice', ...policies])).code, 0)
  const done = await run(['users', 'password', 'alice', ...policies], `${another}\n`)
  t.regex(done.stdout, /0 sessions have ended, .*; it is still disabled\n$/)
  const enter = () => post(here, '/login', { username, password: another })
  t.is(codeOf(await enter()), 'credentials_invalid')
  t.is((await run(['users', 'enable', 'alice', ...policies])).code, 0)
  t.is((await enter()).status, 200)
})
