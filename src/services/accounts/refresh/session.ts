/** A session: a family of refresh tokens, from one login. */

import type { Fields } from '../fields/open-fields.ts'
import type { Family } from './refresh-rules.ts'

export interface Session {
  /** Of the family, which is that of the session (`sid`). */
  readonly id: string
  readonly account: string
  /** Who asked for it; a token is good for no other. */
  readonly client: string
  readonly scopes: readonly string[]
  /** What its owner knows it by: address, browser. */
  readonly details: Readonly<Record<string, string>>
  readonly createdAt: number
  readonly usedAt: number
  readonly expiresAt: number
}

export interface FamilyRow {
  readonly id: string
  readonly account_id: string
  readonly client: string
  readonly scopes: string
  readonly details: string
  readonly created_at: number
  readonly used_at: number
  readonly expires_at: number
  readonly revoked_at: number | null
}

export const familyColumns = 'id, account_id, client, scopes, details, created_at, used_at, expires_at, revoked_at'

export const detailsPlace = (row: string) => ({ table: 'portcullis_refresh_families', column: 'details', row })

export function readSession({ ring }: Fields, row: FamilyRow): Session {
  return {
    id: row.id,
    account: row.account_id,
    client: row.client,
    scopes: JSON.parse(row.scopes),
    details: JSON.parse(ring.open(row.details, detailsPlace(row.id))),
    createdAt: row.created_at,
    usedAt: row.used_at,
    expiresAt: row.expires_at,
  }
}

export const familyOf = (row: FamilyRow, isAccountUsable: boolean): Family => ({
  client: row.client,
  createdAt: row.created_at,
  usedAt: row.used_at,
  expiresAt: row.expires_at,
  isRevoked: row.revoked_at !== null,
  isAccountUsable,
})
