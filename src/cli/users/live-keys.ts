/** The API keys of an account that go on, for those who might have thought otherwise. */

import type { Account } from '../../services/accounts/account.ts'
import type { Desk } from '../desk.ts'

/** Says on stderr how many there are, where there are some, and what ends them. */
export async function tellOfKeys({ store }: Pick<Desk, 'store'>, account: Pick<Account, 'id'>): Promise<void> {
  const keys = await store.apiKeys.list(account.id)
  const now = Date.now()
  const { length } = keys.filter(
    ({ revokedAt, expiresAt }) => revokedAt === undefined && (expiresAt === undefined || expiresAt > now),
  )
  if (length === 0) return
  const subject = length === 1 ? '1 API key goes' : `${length} API keys go`
  const hint = 'portcullis tokens revoke --user NAME --api-keys'
  process.stderr.write(`portcullis: ${subject} on: \`${hint}\` ends ${length === 1 ? 'it' : 'them'}\n`)
}
