/** What each action of `portcullis api-keys` does, on the store that the policies name. */

import type { ApiKey } from '../../services/accounts/api-keys/api-keys.ts'
import { idOfKeyText } from '../../services/accounts/api-keys/key-text.ts'
import type { Call } from '../command.ts'
import { atDesk, type Desk, policiesOf } from '../desk.ts'
import { printable } from '../printable.ts'
import { refuse, say } from '../say.ts'
import { addKey, readWish } from './add.ts'

type Action = 'add' | 'list' | 'revoke'

/** The exit status. */
export async function act(action: Action, operand: string | undefined, flags: Call['flags']): Promise<number> {
  const policies = policiesOf(flags)
  if (action === 'list') return atDesk(policies, (desk) => listKeys(desk, operand))
  if (action === 'revoke') return atDesk(policies, (desk) => revokeKey(desk, operand ?? ''))
  const wish = readWish(flags)
  return atDesk(policies, (desk) => addKey(desk, operand ?? '', wish))
}

const pageSize = 500

async function listKeys({ store }: Desk, username: string | undefined): Promise<number> {
  const account = username === undefined ? undefined : await store.accounts.findByUsername(username)
  if (username !== undefined && account === undefined) return refuse(`no account is named \`${printable(username)}\``)
  if (account !== undefined) write(await store.apiKeys.list(account.id), account.username)
  else await listAll({ store })
  return 0
}

async function listAll({ store }: Pick<Desk, 'store'>): Promise<void> {
  for (let after: ApiKey | undefined; ; ) {
    const page = await store.apiKeys.page({ after, limit: pageSize })
    for (const [id, keys] of Map.groupBy(page, ({ account }) => account))
      write(keys, (await store.accounts.find(id))?.username ?? id)
    after = page.at(-1)
    if (page.length < pageSize) return
  }
}

function write(keys: readonly ApiKey[], username: string): void {
  for (const key of keys) process.stdout.write(`${lineOf(key, username)}\n`)
}

const lineOf = (key: ApiKey, username: string): string =>
  [
    key.id,
    printable(username),
    printable(key.name),
    stateOf(key),
    `scopes=${printable(key.scopes.join(','))}`,
    `expires=${dateOf(key.expiresAt)}`,
    `used=${dateOf(key.usedAt)}`,
    dateOf(key.createdAt),
  ].join('\t')

const dateOf = (time: number | undefined): string => (time === undefined ? 'never' : new Date(time).toISOString())

function stateOf({ revokedAt, expiresAt }: ApiKey): string {
  if (revokedAt !== undefined) return 'revoked'
  return expiresAt !== undefined && expiresAt <= Date.now() ? 'expired' : 'live'
}

/** Whoever has the key itself may name it by that; what is said of it is its id. */
async function revokeKey({ store, operator }: Desk, named: string): Promise<number> {
  const id = idOfKeyText(named) ?? named
  if (await store.apiKeys.revoke(id, operator)) return say(id, 'is revoked: within 2 seconds it is good nowhere')
  return refuse(named.startsWith('pk_') ? 'no key of this text is alive' : `no key \`${printable(id)}\` is alive`)
}
