/** Sessions: each login begins a family of refresh tokens, of which one at a time is good for once (RFC 9700 §4.14.2). */

import type { Statements } from '../../database/database.ts'
import type { Account } from '../account.ts'
import type { StoreContext } from '../context.ts'
import type { Revoking } from '../outbox/kept-revocations.ts'
import { type Because, endSessions } from './end-sessions.ts'
import { makeRoom } from './make-room.ts'
import { expiryOf, type RefreshRules } from './refresh-rules.ts'
import { hashOfToken, newRefreshToken } from './refresh-token.ts'
import { insertToken, type Refused, type Rotated, Rotation } from './rotation.ts'
import { detailsPlace, type FamilyRow, familyColumns, readSession, type Session } from './session.ts'
import { type SessionUse, useSession } from './session-use.ts'

export interface NewSession {
  /** As it was when its password was proved. */
  readonly account: Pick<Account, 'id' | 'passwordVersion'>
  readonly client: string
  readonly scopes: readonly string[]
  readonly details: Readonly<Record<string, string>>
  readonly rules: RefreshRules
  /** For the sessions that are taken out. */
  readonly revoked?: Revoking
}

export interface Begun {
  readonly token: string
  readonly session: Session
  /** Ids of sessions of the account that were taken out for this one: they had not been used for longest. */
  readonly ended: readonly string[]
}

export interface Rotating {
  readonly client: string
  readonly rules: RefreshRules
  /** For a session that a misuse ends. */
  readonly revoked?: Revoking
}

export interface EndingAll {
  /** The one that goes on. */
  readonly session?: string
  readonly revoked?: Revoking
}

export class Sessions {
  readonly #context: StoreContext

  constructor(context: StoreContext) {
    this.#context = context
  }

  /** Undefined where the account was disabled, or its password changed, since it was proved. */
  begin(given: NewSession): Promise<Begun | undefined> {
    return this.#context.database.transact(async (statements) => {
      if (!(await isStill(statements, given.account))) return undefined
      const ended = await makeRoom(statements, given.account.id, this.#context.clock.now())
      const family = await this.#insertFamily(statements, given)
      const token = newRefreshToken()
      await insertToken(statements, { token, family: family.id, now: family.created_at })
      await this.#revoke(statements, ended, given.revoked)
      return { token, session: readSession(this.#context.fields, family), ended }
    })
  }

  /** Consumes a token and gives its successor, or says why not; a misuse ends the family on all nodes. */
  rotate(token: string, { client, rules, revoked }: Rotating): Promise<Rotated | Refused> {
    const { database, clock } = this.#context
    return database.transact(async (statements) => {
      const rotation = new Rotation(this.#context, statements, { client, rules, now: clock.now() })
      const result = await rotation.run(token)
      const ended = 'reason' in result && result.isFamilyEnded ? result.session : undefined
      if (ended !== undefined) await this.#revoke(statements, [ended.id], revoked)
      return result
    })
  }

  /** The session of a token that stays the same; its idle time begins anew. */
  use(token: string, by: SessionUse): Promise<Session | undefined> {
    return useSession(this.#context, token, by)
  }

  /** The session of a token, used or not; none where it has ended. */
  async findByToken(token: string): Promise<Session | undefined> {
    const hash = hashOfToken(token)
    if (hash === undefined) return undefined
    return (await this.#select('id = (select family_id from portcullis_refresh_tokens where hash = $2)', hash))[0]
  }

  async find(id: string): Promise<Session | undefined> {
    return (await this.#select('id = $2', id))[0]
  }

  /** The live ones of an account, the latest first; so many at most, where it is told. */
  list(account: string, most?: number): Promise<readonly Session[]> {
    return this.#select('account_id = $2', account, most)
  }

  /** Ends one of an account; false where it is none of its live ones. */
  end({ id, account }: Pick<Session, 'id' | 'account'>, because: Because, revoked?: Revoking): Promise<boolean> {
    const { database, clock } = this.#context
    return database.transact(async (statements) => {
      const ended = await statements.query(
        `update portcullis_refresh_families set revoked_at = $1, revoked_because = $2
         where id = $3 and account_id = $4 and revoked_at is null and expires_at > $1 returning id`,
        [clock.now(), because, id, account],
      )
      if (ended.length === 0) return false
      await this.#revoke(statements, [id], revoked)
      return true
    })
  }

  /** Ends all of an account, or all but one; gives their ids. */
  endAll(account: string, because: Because, { session, revoked }: EndingAll = {}): Promise<readonly string[]> {
    const { database, clock } = this.#context
    return database.transact(async (statements) => {
      const ended = await endSessions(statements, { account, because, except: session, now: clock.now() })
      await this.#revoke(statements, ended, revoked)
      return ended
    })
  }

  /** Their access tokens, for every process that has the store open. */
  async #revoke(statements: Statements, ended: readonly string[], revoked: Revoking | undefined): Promise<void> {
    if (ended.length > 0 && revoked !== undefined) await this.#context.revocations.add(statements, revoked(ended))
  }

  async #insertFamily(statements: Statements, given: NewSession): Promise<FamilyRow> {
    const { account, client, scopes, details, rules } = given
    const { fields, clock, randomId } = this.#context
    const [id, now] = [randomId(), clock.now()]
    const sealed = fields.ring.seal(JSON.stringify(details), detailsPlace(id))
    const expiresAt = expiryOf(now, { rules, now })
    const [row] = await statements.query<FamilyRow>(
      `insert into portcullis_refresh_families (${familyColumns})
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning ${familyColumns}`,
      [id, account.id, client, JSON.stringify(scopes), sealed, now, now, expiresAt, null],
    )
    if (row === undefined) throw new Error('a row that was inserted is missing')
    return row
  }

  async #select(condition: string, value: string, most = 10_000): Promise<readonly Session[]> {
    const { database, fields, clock } = this.#context
    const rows = await database.query<FamilyRow>(
      `select ${familyColumns} from portcullis_refresh_families
       where revoked_at is null and expires_at > $1 and ${condition} order by created_at desc, id limit $3`,
      [clock.now(), value, most],
    )
    return rows.map((row) => readSession(fields, row))
  }
}

/** Held until the session stands: a change that comes meanwhile ends it with the others. */
async function isStill(statements: Statements, { id, passwordVersion }: NewSession['account']): Promise<boolean> {
  const rows = await statements.query(
    'select id from portcullis_accounts where id = $1 and password_version = $2 and disabled_at is null for update',
    [id, passwordVersion],
  )
  return rows.length === 1
}
