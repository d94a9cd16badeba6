/** The durable store: accounts, their sessions and keys, behind one interface, on whatever database there is. */

import type { Clock } from '../clock.ts'
import type { Database } from '../database/database.ts'
import { migrate } from '../database/migrate.ts'
import { asStartFault, type OpenOptions, openDatabase } from '../database/open-database.ts'
import { Reread } from '../database/reread.ts'
import type { DatabaseSettings } from '../database/settings.ts'
import { AccountImports } from './account-imports.ts'
import { Accounts } from './accounts.ts'
import { ApiKeys } from './api-keys/api-keys.ts'
import { type Changed, type ChangeOrder, changeAccount, type Unfit } from './change-account.ts'
import type { StoreContext } from './context.ts'
import type { KeyRing } from './fields/key-ring.ts'
import { openFields } from './fields/open-fields.ts'
import { type Rotation, type RotationOptions, rotateFields } from './fields/rotate-fields.ts'
import { LoginFailures } from './login-failures.ts'
import { migrations } from './migrations.ts'
import type { Operator } from './outbox/act.ts'
import { KeptRevocations } from './outbox/kept-revocations.ts'
import { Outbox } from './outbox/outbox.ts'
import { type PasswordOrder, passwordByCommand } from './outbox/password-by-command.ts'
import { type Removed, type RemoveOrder, removeByCommand } from './outbox/remove-by-command.ts'
import { type Ended, type RevokeOrder, revokeByCommand } from './outbox/revoke-by-command.ts'
import { prune } from './prune.ts'
import { Sessions } from './refresh/sessions.ts'
import { SigningKeys } from './signing-keys.ts'

export interface AccountStore {
  readonly accounts: Accounts
  readonly imports: AccountImports
  readonly failures: LoginFailures
  readonly sessions: Sessions
  readonly apiKeys: ApiKeys
  readonly signingKeys: SigningKeys
  /** What commands did, on its way into the audit log. */
  readonly outbox: Outbox
  /** What was revoked by commands, and what ended sessions have revoked. */
  readonly revocations: KeptRevocations
  /** For whoever reads in it again and again: one for each kind of thing that is read. */
  reread(): Reread
  /** Takes tokens back, and ends their sessions. */
  revoke(order: RevokeOrder): Promise<Ended>
  /** Another address, or other grants, which access tokens from before do not outlive. */
  change(order: ChangeOrder): Promise<Changed | Unfit | undefined>
  /** The account and all that belongs to it; what of it was alive, if there is the account. */
  remove(order: RemoveOrder): Promise<Removed | undefined>
  /** Another password, under which every session ends and failures are forgiven; how many have ended, if there is the account. */
  setPassword(order: PasswordOrder): Promise<number | undefined>
  /** Seals with the current key of the ring what older ones have sealed. On record, where an operator does it. */
  rotateFields(options?: RotationOptions, operator?: Operator): Promise<Rotation>
  /** Takes out what nobody can use any more; the number of rows. */
  prune(): Promise<number>
  /** The start is over: no statement holds up the event loop from here on. */
  serve(): void
  /** The same database, called with other credentials from here on. */
  signIn(settings: DatabaseSettings): void
  /** Whether it answers; does what was left undone while it did not. Throws `DatabaseAway`. */
  probe(): Promise<void>
  close(): Promise<void>
}

export interface StoreWorld extends OpenOptions {
  readonly ring: KeyRing
  readonly clock: Clock
  readonly randomId: () => string
}

/** Opens it, and brings its schema up to date. Throws `StartFault`. */
export async function openAccountStore(settings: DatabaseSettings, world: StoreWorld): Promise<AccountStore> {
  const database = await openDatabase(settings, world)
  try {
    return await prepare(database, world)
  } catch (error) {
    await database.close()
    throw asStartFault(error, settings)
  }
}

async function prepare(database: Database, { ring, clock, randomId }: StoreWorld): Promise<AccountStore> {
  await migrate(database, migrations, clock.now())
  const [outbox, revocations] = [new Outbox({ database, clock, randomId }), new KeptRevocations(database)]
  const fields = await openFields(database, ring)
  const context: StoreContext = { database, clock, randomId, fields, outbox, revocations }
  const [apiKeys, failures] = [new ApiKeys(context), new LoginFailures(context)]
  return {
    accounts: new Accounts(context),
    imports: new AccountImports(context),
    failures,
    sessions: new Sessions(context),
    apiKeys,
    signingKeys: new SigningKeys(context),
    outbox,
    revocations,
    reread: () => new Reread(database, clock),
    revoke: (order) => revokeByCommand(context, order),
    change: (order) => changeAccount(context, order),
    remove: (order) => removeByCommand({ context, failures }, order),
    setPassword: (order) => passwordByCommand({ context, failures }, order),
    rotateFields: async (options, operator) => {
      const rotation = await rotateFields(database, ring, options)
      const details = { fields: rotation.sealed, faults: rotation.faults.length }
      if (operator) await outbox.add(database, { event: 'key.rotated', operator, details })
      return rotation
    },
    prune: () => prune(database, clock.now()),
    serve: () => database.serve(),
    signIn: (settings) => database.signIn(settings),
    probe: async () => {
      await database.query('select 1')
      await failures.settle()
    },
    close: () => close(database, [() => apiKeys.writeUses(), () => failures.settle()]),
  }
}

/** What is still to be written is, where it can be. */
async function close(database: Database, rest: readonly (() => Promise<void>)[]): Promise<void> {
  await Promise.allSettled(rest.map((write) => write()))
  await database.close()
}
