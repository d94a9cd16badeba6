/** What each action of `portcullis users` does, on the store that the policies name. */

import { databaseSettings } from '../../policy/database-settings.ts'
import { inspect } from '../../policy/inspect.ts'
import type { Policy } from '../../policy/policy.ts'
import { secretSettings } from '../../policy/secret-settings.ts'
import type { Account } from '../../services/accounts/account.ts'
import type { Operator } from '../../services/accounts/outbox/act.ts'
import { DatabaseAway } from '../../services/database/database.ts'
import { asStartFault } from '../../services/database/open-database.ts'
import type { OpenAccounts } from '../../services/identity/account-pool.ts'
import { isIdentityIssuer } from '../../services/identity/identity-issuer.ts'
import type { Log } from '../../services/log.ts'
import { createWorld } from '../../services/world.ts'
import { type Call, text, UsageFault } from '../command.ts'
import { operatorOf } from '../operator.ts'
import { printable } from '../printable.ts'
import { readValues } from '../values.ts'
import { addUser } from './add.ts'
import { revocationsOf } from './revocations-of.ts'

type Flags = Call['flags']
type Action = 'add' | 'list' | 'disable' | 'enable' | 'unlock'

const nothing = (): void => {}
const speak = (_: unknown, message?: string): void => void process.stderr.write(`portcullis: ${message}\n`)
const spoken = { debug: nothing, info: nothing, warn: speak, error: speak } as Log

/** The exit status. */
export async function act(action: Action, name: string, flags: Flags): Promise<number> {
  const checked = inspect(text(flags.policies) ?? 'policies', readValues(flags.values))
  const world = createWorld(spoken)
  const reading = async () => world.secrets.open(await secretSettings(checked))
  const { settings, development, policy } = await databaseSettings(checked, reading)
  if (settings === undefined) throw new UsageFault('the policies name no database')
  try {
    const accounts = await world.accounts.open(settings, development)
    return await run[action]({ ...accounts, policy, operator: operatorOf() }, name, flags)
  } catch (error) {
    throw error instanceof DatabaseAway ? asStartFault(error, settings) : error
  } finally {
    await world.accounts.close()
  }
}

/** What a command works with. */
export interface Desk extends OpenAccounts {
  readonly policy: Policy
  readonly operator: Operator
}

type Run = (desk: Desk, name: string, flags: Flags) => Promise<number>

const run: Readonly<Record<Action, Run>> = {
  add: addUser,
  list: listUsers,
  disable: (desk, name) => change(desk, name, disable),
  enable: (desk, name) =>
    change(desk, name, async ({ store, operator }, { id }) =>
      (await store.accounts.enable(id, operator)) ? 'is enabled' : undefined,
    ),
  unlock: unlockUser,
}

async function disable({ store, operator, policy }: Desk, { id }: Account): Promise<string | undefined> {
  const isDone = await store.accounts.disable(id, {
    operator,
    revoked: revocationsOf(policy.issuers.filter(isIdentityIssuer), id),
  })
  return isDone
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

function say(name: string, what: string): number {
  process.stdout.write(`\`${printable(name)}\` ${what}\n`)
  return 0
}

function refuse(why: string): number {
  process.stderr.write(`portcullis: ${why}\n`)
  return 1
}
