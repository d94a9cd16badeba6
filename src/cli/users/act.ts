/** What each action of `portcullis users` does, on the store that the policies name. */

import type { Account } from '../../services/accounts/account.ts'
import { isIdentityIssuer } from '../../services/identity/identity-issuer.ts'
import type { Call } from '../command.ts'
import { atDesk, type Desk, policiesOf } from '../desk.ts'
import { printable } from '../printable.ts'
import { refuse, say } from '../say.ts'
import { addUser } from './add.ts'
import { importUsers } from './import.ts'
import { removeUser } from './remove.ts'
import { revocationsOf } from './revocations-of.ts'
import { readChanges, setUser } from './set.ts'
import { setPassword } from './set-password.ts'

type Flags = Call['flags']
type Action = 'add' | 'import' | 'list' | 'set' | 'password' | 'disable' | 'enable' | 'unlock' | 'remove'

/** The exit status. */
export const act = (action: Action, name: string, flags: Flags): Promise<number> => {
  if (action === 'set') readChanges(flags)
  return atDesk(policiesOf(flags), (desk) => {
    if (makesAccounts.has(action) && !desk.policy.issuers.some(isIdentityIssuer)) process.stderr.write(nobodyLogsIn)
    return run[action](desk, name, flags)
  })
}

const makesAccounts: ReadonlySet<Action> = new Set(['add', 'import'])
const nobodyLogsIn = 'portcullis: no `builtin` issuer of these policies has `refreshTtl`: nobody logs in by them\n'

type Run = (desk: Desk, name: string, flags: Flags) => Promise<number>

const run: Readonly<Record<Action, Run>> = {
  add: addUser,
  import: importUsers,
  list: listUsers,
  set: setUser,
  remove: removeUser,
  password: setPassword,
  disable: (desk, name) => change(desk, name, disable),
  enable: (desk, name) =>
    change(desk, name, async ({ store, operator }, { id }) =>
      (await store.accounts.enable(id, operator)) ? 'is enabled' : undefined,
    ),
  unlock: unlockUser,
}

async function disable({ store, operator, policy }: Desk, { id }: Account): Promise<string | undefined> {
  const revoked = revocationsOf(policy.issuers.filter(isIdentityIssuer), id)
  return (await store.accounts.disable(id, { operator, revoked }))
    ? 'is disabled: it logs in no more, its sessions have ended, and within 2 seconds its access tokens are good nowhere'
    : undefined
}

async function unlockUser({ store, operator }: Desk, name: string): Promise<number> {
  const account = await store.accounts.findByUsername(name)
  const details = { account: account?.id }
  const isDone = await store.failures.unlock(name, { event: 'account.unlocked', operator, details })
  return say(name, isDone ? 'may try to log in again' : 'has no failed logins')
}

const pageSize = 500

async function listUsers({ store }: Desk): Promise<number> {
  let after: string | undefined
  do {
    const page = await store.accounts.list({ limit: pageSize, ...(after !== undefined && { after }) })
    for (const account of page.accounts) process.stdout.write(`${lineOf(account)}\n`)
    after = page.next
  } while (after !== undefined)
  return 0
}

const lineOf = ({ id, username, roles, scopes, createdAt, disabledAt }: Account): string =>
  [
    printable(username),
    id,
    disabledAt === undefined ? 'enabled' : 'disabled',
    `roles=${printable(roles.join(','))}`,
    `scopes=${printable(scopes.join(','))}`,
    new Date(createdAt).toISOString(),
  ].join('\t')

type Change = (desk: Desk, account: Account) => Promise<string | undefined>

async function change(desk: Desk, name: string, work: Change): Promise<number> {
  const account = await desk.store.accounts.findByUsername(name)
  const done = account && (await work(desk, account))
  return done === undefined ? refuse(`no account is named \`${printable(name)}\``) : say(name, done)
}
