/** An account as it is kept and as it is read: names, password and claims are sealed. */

import type { Value } from '../database/database.ts'
import { type Fields, openOptional, sealOptional } from './fields/open-fields.ts'
import { normaliseName } from './names.ts'

export interface Account {
  readonly id: string
  /** As it was written when the account was made. */
  readonly username: string
  readonly email: string | undefined
  /** None where nobody can log in with one. */
  readonly passwordHash: string | undefined
  /** Rises with each change of password: a session begins under the one that was proved. */
  readonly passwordVersion: number
  readonly passwordChangedAt: number | undefined
  /** What goes into its tokens: plan, tenant. */
  readonly claims: Readonly<Record<string, unknown>>
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
  /** Rises where it may do less, or something else: access tokens of an older version are revoked. */
  readonly grantsVersion: number
  readonly createdAt: number
  /** None while it may be used. */
  readonly disabledAt: number | undefined
}

/** What an account may do. */
export type Grants = Pick<Account, 'claims' | 'roles' | 'scopes'>

export interface NewAccount extends Partial<Grants> {
  readonly username: string
  readonly email?: string
  readonly passwordHash?: string
  /** It can be enabled. */
  readonly disabled?: boolean
}

export interface AccountRow {
  readonly id: string
  readonly username: string
  readonly email: string | null
  readonly password: string | null
  readonly password_version: number
  readonly password_changed_at: number | null
  readonly claims: string
  readonly roles: string
  readonly scopes: string
  readonly grants_version: number
  readonly created_at: number
  readonly disabled_at: number | null
}

export const accountColumns =
  'id, username, email, password, password_version, password_changed_at, claims, roles, scopes, grants_version, created_at, disabled_at'

export const accountPlace = (row: string, column: string) => ({ table: 'portcullis_accounts', column, row })

/** Throws `FieldFault`. */
export function readAccount(fields: Fields, row: AccountRow): Account {
  const at = (column: string) => accountPlace(row.id, column)
  return {
    id: row.id,
    username: fields.ring.open(row.username, at('username')),
    email: openOptional(fields, row.email, at('email')),
    passwordHash: openOptional(fields, row.password, at('password')),
    passwordVersion: row.password_version,
    passwordChangedAt: row.password_changed_at ?? undefined,
    claims: JSON.parse(fields.ring.open(row.claims, at('claims'))),
    roles: JSON.parse(row.roles),
    scopes: JSON.parse(row.scopes),
    grantsVersion: row.grants_version,
    createdAt: row.created_at,
    disabledAt: row.disabled_at ?? undefined,
  }
}

/** In the order of the columns, with what they are looked up by; undefined where a name is none. */
export function writeAccount(fields: Fields, id: string, given: NewAccount, now: number): readonly Value[] | undefined {
  const { username, email, passwordHash, claims = {}, roles = [], scopes = [], disabled = false } = given
  const [usernameIndex, emailIndex] = [indexOf(fields, 'username', username), indexOf(fields, 'email', email)]
  if (usernameIndex === undefined || (email !== undefined && emailIndex === undefined)) return undefined
  const at = (column: string) => accountPlace(id, column)
  return [
    id,
    fields.ring.seal(username, at('username')),
    sealOptional(fields, email, at('email')),
    sealOptional(fields, passwordHash, at('password')),
    1,
    passwordHash === undefined ? null : now,
    fields.ring.seal(JSON.stringify(claims), at('claims')),
    JSON.stringify(roles),
    JSON.stringify(scopes),
    1,
    now,
    disabled ? now : null,
    usernameIndex,
    emailIndex ?? null,
  ]
}

/** What a name is found by; undefined where no account can be called so. */
export function indexOf({ index }: Fields, column: 'username' | 'email', text: string | undefined): string | undefined {
  const name = text === undefined ? undefined : normaliseName(text)
  return name === undefined ? undefined : index(`portcullis_accounts.${column}`, name)
}
