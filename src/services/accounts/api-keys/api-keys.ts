/** API keys: made for an account, shown once, good for some of what it may do, until they expire or are revoked. */

import { type Account, type AccountRow, accountColumns, readAccount } from '../account.ts'
import type { StoreContext } from '../context.ts'
import type { Operator } from '../outbox/act.ts'
import { hashOfKeyText, idOfKeyText, isOfHash, newKeyText } from './key-text.ts'
import { LastUses } from './last-uses.ts'

export interface ApiKey {
  readonly id: string
  readonly account: string
  /** What its owner calls it. */
  readonly name: string
  readonly scopes: readonly string[]
  readonly createdAt: number
  /** None for one that does not expire. */
  readonly expiresAt: number | undefined
  readonly revokedAt: number | undefined
  /** Up to a minute old, or none yet. */
  readonly usedAt: number | undefined
}

export interface NewApiKey {
  readonly account: string
  readonly name: string
  readonly scopes: readonly string[]
  readonly expiresAt?: number
}

export interface KeyPage {
  readonly after: Pick<ApiKey, 'account' | 'id'> | undefined
  readonly limit: number
}

export interface MadeApiKey {
  readonly key: ApiKey
  /** Nobody can show it again. */
  readonly text: string
}

export interface FoundApiKey {
  readonly key: ApiKey
  readonly account: Account
}

interface ApiKeyRow {
  readonly id: string
  readonly account_id: string
  readonly hash: string
  readonly name: string
  readonly scopes: string
  readonly created_at: number
  readonly expires_at: number | null
  readonly revoked_at: number | null
  readonly used_at: number | null
}

const columns = 'id, account_id, hash, name, scopes, created_at, expires_at, revoked_at, used_at'

export class ApiKeys {
  readonly #context: StoreContext
  readonly #uses: LastUses

  constructor(context: StoreContext, uses = new LastUses(context)) {
    this.#context = context
    this.#uses = uses
  }

  /** Undefined where there is no such account. On record, where an operator does it. */
  async create({ account, name, scopes, expiresAt }: NewApiKey, operator?: Operator): Promise<MadeApiKey | undefined> {
    const { database, clock, outbox } = this.#context
    const { id, text } = newKeyText()
    return database.transact(async (statements) => {
      // Held until the key stands: whoever removes the account meanwhile waits.
      const owner = 'select id from portcullis_accounts where id = $1 for update'
      if ((await statements.query(owner, [account])).length === 0) return undefined
      const [row] = await statements.query<ApiKeyRow>(
        `insert into portcullis_api_keys (id, account_id, hash, name, scopes, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7) returning ${columns}`,
        [id, account, hashOfKeyText(text), name, JSON.stringify(scopes), clock.now(), expiresAt ?? null],
      )
      const details = { account, key: id, name, scopes, expires: instant(expiresAt) }
      if (row && operator) await outbox.add(statements, { event: 'apikey.made', operator, details })
      return row && { key: readKey(row), text }
    })
  }

  /** Whose key it is; none where it is no key, or of no use any more. Notes the use. */
  async find(text: string): Promise<FoundApiKey | undefined> {
    const id = idOfKeyText(text)
    if (id === undefined) return undefined
    const [row, owner] = await Promise.all([this.#select(id), this.#selectOwner(id)])
    if (row === undefined || owner === undefined || !isOfHash(text, row.hash)) return undefined
    this.#uses.note(row.id)
    return { key: readKey(row), account: readAccount(this.#context.fields, owner) }
  }

  /** All of an account, the latest first. */
  async list(account: string): Promise<readonly ApiKey[]> {
    const rows = await this.#context.database.query<ApiKeyRow>(
      `select ${columns} from portcullis_api_keys where account_id = $1 order by created_at desc, id`,
      [account],
    )
    return rows.map(readKey)
  }

  /** Those of all accounts, each account's together, from the one after `after`. */
  async page({ after, limit }: KeyPage): Promise<readonly ApiKey[]> {
    const rows = await this.#context.database.query<ApiKeyRow>(
      `select ${columns} from portcullis_api_keys
       where account_id > $1 or (account_id = $1 and id > $2) order by account_id, id limit $3`,
      [after?.account ?? '', after?.id ?? '', limit],
    )
    return rows.map(readKey)
  }

  /** False where there is none, or it was revoked before. On record, where an operator does it. */
  async revoke(id: string, operator?: Operator): Promise<boolean> {
    const { database, clock, outbox } = this.#context
    return database.transact(async (statements) => {
      const [revoked] = await statements.query<Pick<ApiKeyRow, 'account_id'>>(
        'update portcullis_api_keys set revoked_at = $1 where id = $2 and revoked_at is null returning account_id',
        [clock.now(), id],
      )
      if (revoked === undefined) return false
      const details = { account: revoked.account_id, key: id }
      if (operator) await outbox.add(statements, { event: 'apikey.revoked', operator, details })
      return true
    })
  }

  /** Writes when keys were last used. Throws `DatabaseAway`. */
  writeUses(): Promise<void> {
    return this.#uses.write()
  }

  async #select(id: string): Promise<ApiKeyRow | undefined> {
    const { database, clock } = this.#context
    const [row] = await database.query<ApiKeyRow>(
      `select ${columns} from portcullis_api_keys
       where id = $1 and revoked_at is null and (expires_at is null or expires_at > $2)`,
      [id, clock.now()],
    )
    return row
  }

  async #selectOwner(id: string): Promise<AccountRow | undefined> {
    const [row] = await this.#context.database.query<AccountRow>(
      `select ${accountColumns} from portcullis_accounts
       where id = (select account_id from portcullis_api_keys where id = $1) and disabled_at is null`,
      [id],
    )
    return row
  }
}

const instant = (time: number | undefined): string | undefined =>
  time === undefined ? undefined : new Date(time).toISOString()

const readKey = (row: ApiKeyRow): ApiKey => ({
  id: row.id,
  account: row.account_id,
  name: row.name,
  scopes: JSON.parse(row.scopes),
  createdAt: row.created_at,
  expiresAt: row.expires_at ?? undefined,
  revokedAt: row.revoked_at ?? undefined,
  usedAt: row.used_at ?? undefined,
})
