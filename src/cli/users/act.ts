/** What each action of `portcullis users` does, on the store that the policies name. */

import { databaseSettings } from '../../policy/database-settings.ts'
import { inspect } from '../../policy/inspect.ts'
import { secretSettings } from '../../policy/secret-settings.ts'
import type { Account } from '../../services/accounts/account.ts'
import { DatabaseAway } from '../../services/database/database.ts'
import { asStartFault } from '../../services/database/open-database.ts'
import type { OpenAccounts } from '../../services/identity/account-pool.ts'
import type { Log } from '../../services/log.ts'
import { createWorld } from '../../services/world.ts'
import { type Call, text, UsageFault } from '../command.ts'
import { printable } from '../printable.ts'
import { readValues } from '../values.ts'
import { addUser } from './add.ts'

type Flags = Call['flags']
type Action = 'add' | 'list' | 'disable' | 'enable' | 'unlock'

const nothing = (): void => {}
const speak = (_: unknown, message?: string): void => void process.stderr.write(`portcullis: ${message}\n`)
const spoken = { debug: nothing, info: nothing, warn: speak, error: speak } as Log

/** The exit status. */
export async function act(action: Action, name: string, flags: Flags): Promise<number> {
  const policy = inspect(text(flags.policies) ?? 'policies', readValues(flags.values))
  const world = createWorld(spoken)
  const reading = async () => world.secrets.open(await secretSettings(policy))
  const { settings, development } = await databaseSettings(policy, reading)
  if (settings === undefined) throw new UsageFault('the policies name no database')
  try {
    const accounts = await world.accounts.open(settings, development)
    return await run[action](accounts, name, flags)
  } catch (error) {
    throw error instanceof DatabaseAway ? asStartFault(error, settings) : error
  } finally {
    await world.accounts.close()
  }
}

type Run = (accounts: OpenAccounts, name: string, flags: Flags) => Promise<number>

const run: Readonly<Record<Action, Run>> = {
  add: addUser,
  list: listUsers,
  disable: (accounts, name) =>
    change(accounts, name, async ({ store }, { id }) =>
      (await store.accounts.disable(id))
        ? 'is disabled: it logs in no more, its sessions have ended, and access tokens that it has live until they expire'
        : undefined,
    ),
  enable: (accounts, name) =>
    change(accounts, name, async ({ store }, { id }) => ((await store.accounts.enable(id)) ? 'is enabled' : undefined)),
  unlock: async ({ store }, name) => {
    const isDone = await store.failures.unlock(name)
    return say(name, isDone ? 'may try to log in again' : 'has no failed logins')
  },
}

const pageSize = 500

async function listUsers({ store }: OpenAccounts): Promise<number> {
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

type Change = (accounts: OpenAccounts, account: Account) => Promise<string | undefined>

async function change(accounts: OpenAccounts, name: string, work: Change): Promise<number> {
  const account = await accounts.store.accounts.findByUsername(name)
  const done = account && (await work(accounts, account))
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
