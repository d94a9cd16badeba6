/** Where commands work on the accounts: the store that the policies name, and who is at work. */

import { databaseSettings } from '../policy/database-settings.ts'
import { inspect } from '../policy/inspect.ts'
import { DirectoryFault } from '../policy/load.ts'
import type { Policy } from '../policy/policy.ts'
import { secretSettings } from '../policy/secret-settings.ts'
import type { Operator } from '../services/accounts/outbox/act.ts'
import { DatabaseAway } from '../services/database/database.ts'
import { asStartFault } from '../services/database/open-database.ts'
import type { OpenAccounts } from '../services/identity/account-pool.ts'
import { createWorld } from '../services/world.ts'
import { type Call, text, UsageFault } from './command.ts'
import { operatorOf } from './operator.ts'
import { spoken } from './spoken.ts'
import { readValues } from './values.ts'

export interface Desk extends OpenAccounts {
  /** With what the database and the issuers name filled in. */
  readonly policy: Policy
  readonly operator: Operator
}

/** What the flags `--policies` and `--values` name. Throws `PolicyRefused`. */
export function policiesOf(flags: Call['flags']): Policy {
  const directory = text(flags.policies)
  try {
    return inspect(directory ?? 'policies', readValues(flags.values))
  } catch (error) {
    if (!(error instanceof DirectoryFault) || directory !== undefined) throw error
    throw new DirectoryFault(`${error.message}; \`--policies DIR\` names another one`)
  }
}

/** Opens the store for as long as the work takes. Throws `StartFault`. */
export async function atDesk<T>(checked: Policy, work: (desk: Desk) => Promise<T>): Promise<T> {
  const world = createWorld(spoken)
  const reading = async () => world.secrets.open(await secretSettings(checked))
  const { settings, development, policy } = await databaseSettings(checked, reading)
  if (settings === undefined) throw new UsageFault('the policies name no database')
  try {
    const accounts = await world.accounts.open(settings, development)
    return await work({ ...accounts, policy, operator: operatorOf() })
  } catch (error) {
    throw error instanceof DatabaseAway ? asStartFault(error, settings) : error
  } finally {
    await world.accounts.close()
  }
}
