/** An account gets another address, or may do something else from now on: what its access tokens said is good no longer. */

import { isDeepStrictEqual } from 'node:util'
import type { Statements, Value } from '../database/database.ts'
import type { Entry } from '../revocation/entry.ts'
import {
  type Account,
  type AccountRow,
  accountColumns,
  accountPlace,
  type Grants,
  indexOf,
  readAccount,
} from './account.ts'
import type { StoreContext } from './context.ts'
import { type Fields, sealOptional } from './fields/open-fields.ts'
import type { Operator } from './outbox/act.ts'

/** What is left out stays as it is. */
export interface Changes extends Partial<Pick<Grants, 'roles' | 'scopes'>> {
  /** Null takes it away. */
  readonly email?: string | null
  /** The others stay; one that is undefined is taken away. */
  readonly claims?: Grants['claims']
}

export interface ChangeOrder {
  /** Its id. */
  readonly account: string
  readonly changes: Changes
  /** Who does it by a command, and what makes access tokens that say what it was granted before good no longer. */
  readonly by?: { readonly operator: Operator; revoked(version: number): readonly Entry[] }
}

export interface Changed {
  readonly before: Account
  readonly account: Account
}

/** The address is that of another account, or none. */
export type Unfit = 'email'

/** Sessions go on. Undefined where there is no such account. On record, where it changes anything and an operator does it. */
export function changeAccount(context: StoreContext, order: ChangeOrder): Promise<Changed | Unfit | undefined> {
  return context.database.transact(async (statements) => {
    const before = await lock(context, statements, order.account)
    if (before === undefined) return undefined
    const wanted = merge(before, order.changes)
    if (isDeepStrictEqual(wanted, before)) return { before, account: before }
    const account = await write(context, statements, wanted)
    if (account === undefined) return 'email'
    const changed = { before, account }
    await tell({ ...context, statements }, changed, order)
    return changed
  })
}

async function lock({ fields }: StoreContext, statements: Statements, id: string): Promise<Account | undefined> {
  const sql = `select ${accountColumns} from portcullis_accounts where id = $1 for update`
  const [row] = await statements.query<AccountRow>(sql, [id])
  return row && readAccount(fields, row)
}

function merge(before: Account, { email = before.email, roles, scopes, claims }: Changes): Account {
  const merged = Object.entries({ ...before.claims, ...claims }).filter(([, value]) => value !== undefined)
  const wanted = {
    ...before,
    email: email ?? undefined,
    roles: roles ?? before.roles,
    scopes: scopes ?? before.scopes,
    claims: Object.fromEntries(merged),
  }
  return isOther(before, wanted) ? { ...wanted, grantsVersion: before.grantsVersion + 1 } : wanted
}

/** Whether access tokens say what does not hold any more; of scopes that are new none says too much. */
const isOther = (before: Account, wanted: Account): boolean =>
  !isDeepStrictEqual(new Set(before.roles), new Set(wanted.roles)) ||
  !isDeepStrictEqual(before.claims, wanted.claims) ||
  before.scopes.some((scope) => !wanted.scopes.includes(scope))

/** Undefined where the address cannot be had. */
async function write({ fields }: StoreContext, statements: Statements, wanted: Account): Promise<Account | undefined> {
  const { id, email } = wanted
  const index = indexOf(fields, 'email', email)
  if (email !== undefined && (index === undefined || (await isTaken(statements, index, id)))) return undefined
  const [row] = await statements.query<AccountRow>(
    `update portcullis_accounts set email = $1, email_index = $2, claims = $3, roles = $4, scopes = $5, grants_version = $6
     where id = $7 returning ${accountColumns}`,
    [...valuesOf(fields, wanted, index), id],
  )
  return row && readAccount(fields, row)
}

async function isTaken(statements: Statements, index: string, id: string): Promise<boolean> {
  const sql = 'select id from portcullis_accounts where email_index = $1 and id <> $2'
  return (await statements.query(sql, [index, id])).length > 0
}

const valuesOf = (fields: Fields, { id, ...account }: Account, index: string | undefined): readonly Value[] => [
  sealOptional(fields, account.email, accountPlace(id, 'email')),
  index ?? null,
  fields.ring.seal(JSON.stringify(account.claims), accountPlace(id, 'claims')),
  JSON.stringify(account.roles),
  JSON.stringify(account.scopes),
  account.grantsVersion,
]

/** Names of claims, and no address, are on record. */
async function tell(
  { outbox, revocations, statements }: StoreContext & { readonly statements: Statements },
  { before, account }: Changed,
  { by, changes }: ChangeOrder,
) {
  if (by === undefined) return
  const { roles, scopes } = changes
  const claims = changes.claims && Object.keys(changes.claims)
  const email = changes.email === undefined ? undefined : emailIs(changes.email)
  const details = { account: account.id, roles, scopes, claims, email }
  await outbox.add(statements, { event: 'account.changed', operator: by.operator, details })
  if (account.grantsVersion !== before.grantsVersion)
    await revocations.add(statements, by.revoked(before.grantsVersion))
}

const emailIs = (email: string | null): string => (email === null ? 'removed' : 'set')
