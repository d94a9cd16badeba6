/** What becomes of the API keys of an account whose tokens, or whose password, somebody else has. */

import { until } from '../helpers/until.ts'
import { addApiKey } from '../identity/api-key-by-command.ts'
import { logIn } from '../identity/nodes.ts'
import { openPair, statusOf } from '../identity/pair.ts'
import { claimsOf } from '../identity/shop.ts'
import { onBothInTurn } from '../services/accounts/stores.ts'

const another = 'eleven calm herons wade'
const policies = ['--policies', '.'] as const

onBothInTurn(
  'keys outlive another password and revoked tokens, which is said, and end where it is told',
  async (t, kind) => {
    const { here, there, run, records } = await openPair(t, kind)
    const key = await addApiKey({ run }, 'alice')
    const assertLive = async () => {
      for (const node of [here, there]) t.is(await key.statusOf(node), 200)
    }
    await assertLive()
    const session = await logIn(here)
    const goesOn = 'portcullis: 1 API key goes on: `portcullis tokens revoke --user NAME --api-keys` ends it\n'
    t.like(await run(['tokens', 'revoke', '--user', 'alice', ...policies]), {
      code: 0,
      stderr: goesOn,
      stdout: 'the tokens of `alice` are revoked, and 1 session has ended: it holds within 2 seconds on every server\n',
    })
    for (const node of [here, there]) await until(async () => (await statusOf(node, session)) === 401)
    await assertLive()
    t.like(await run(['users', 'password', 'alice', ...policies], `${another}\n`), { code: 0, stderr: goesOn })
    await assertLive()
    t.like(await run(['tokens', 'revoke', '--user', 'alice', '--api-keys', ...policies]), {
      code: 0,
      stderr: '',
      stdout:
        'the tokens of `alice` are revoked, and 0 sessions have ended, and 1 API key has ended: it holds within 2 seconds on every server\n',
    })
    for (const node of [here, there]) await until(async () => (await key.statusOf(node)) === 401)
    t.regex((await run(['api-keys', 'list', 'alice', ...policies])).stdout, /\trevoked\t/)
    // It may stand in the log of either server.
    const ended = () =>
      records().filter(({ revoked }) => (revoked as { readonly apiKeys?: number } | undefined)?.apiKeys === 1)
    await until(() => ended().length > 0)
    const id = claimsOf(session.access_token).sub
    t.like(ended(), [{ event: 'auth.revoked', revoked: { kind: 'user', id, sessions: 0, apiKeys: 1 } }])
    for (const args of [
      ['--session', 'x', '--api-keys'],
      ['--token', 'x', '--api-keys'],
    ])
      t.is((await run(['tokens', 'revoke', ...args, ...policies])).code, 2)
  },
)
