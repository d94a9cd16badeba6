/** One use of a refresh token: consumed and replaced in one transaction, or the end of its family. */

import type { Statements } from '../../database/database.ts'
import type { StoreContext } from '../context.ts'
import type { Place } from '../fields/key-ring.ts'
import { expiryOf, judgeUse, type Misuse, type Use, type Verdict } from './refresh-rules.ts'
import { hashOfToken, newRefreshToken } from './refresh-token.ts'
import { type FamilyRow, familyColumns, familyOf, readSession, type Session } from './session.ts'

export interface Rotated {
  readonly token: string
  readonly session: Session
  /** The client had it already: the successor is the same as before. */
  readonly isRepeat: boolean
}

export interface Refused {
  readonly reason: Exclude<Verdict, 'rotate' | 'repeat'> | 'unknown'
  /** None for a token that nobody knows. */
  readonly session: Pick<Session, 'id' | 'account'> | undefined
  /** By this very use: to be told to the other nodes, and to the audit. */
  readonly isFamilyEnded: boolean
}

interface TokenRow {
  readonly spent_at: number | null
  readonly successor: string | null
}

interface Known {
  readonly hash: string
  readonly token: TokenRow
  readonly family: FamilyRow
}

const unknown: Refused = { reason: 'unknown', session: undefined, isFamilyEnded: false }
const misuses: readonly Verdict[] = ['reused', 'client'] satisfies readonly Misuse[]

export class Rotation {
  readonly #context: StoreContext
  readonly #statements: Statements
  readonly #use: Use

  constructor(context: StoreContext, statements: Statements, use: Use) {
    this.#context = context
    this.#statements = statements
    this.#use = use
  }

  async run(token: string): Promise<Rotated | Refused> {
    const known = await this.#lock(token)
    if (known === undefined) return unknown
    const verdict = await this.#judge(known)
    if (verdict === 'rotate') return this.#rotate(known)
    if (verdict === 'repeat') return this.#repeat(known)
    return this.#refuse(known, verdict)
  }

  /** The family first: whoever else uses one of its tokens waits until this use is over. */
  async #lock(token: string): Promise<Known | undefined> {
    const hash = hashOfToken(token)
    if (hash === undefined) return undefined
    const [family] = await this.#statements.query<FamilyRow>(
      `select ${familyColumns} from portcullis_refresh_families
       where id = (select family_id from portcullis_refresh_tokens where hash = $1) for update`,
      [hash],
    )
    const [row] = await this.#statements.query<TokenRow>(
      'select spent_at, successor from portcullis_refresh_tokens where hash = $1',
      [hash],
    )
    return family && row && { hash, token: row, family }
  }

  async #judge({ family, token }: Known): Promise<Verdict> {
    const usable = await this.#statements.query(
      'select id from portcullis_accounts where id = $1 and disabled_at is null',
      [family.account_id],
    )
    const presented = { spentAt: token.spent_at ?? undefined, hasSuccessor: token.successor !== null }
    return judgeUse(familyOf(family, usable.length === 1), presented, this.#use)
  }

  async #rotate({ hash, family }: Known): Promise<Rotated> {
    const { now } = this.#use
    const successor = newRefreshToken()
    const [expiresAt, query] = [expiryOf(family.created_at, this.#use), this.#statements]
    // The client has this one: nobody is handed it a second time.
    await query.query(
      'update portcullis_refresh_tokens set successor = null where family_id = $1 and successor is not null',
      [family.id],
    )
    await query.query('update portcullis_refresh_tokens set spent_at = $1, successor = $2 where hash = $3', [
      now,
      this.#context.fields.ring.seal(successor, successorPlace(hash)),
      hash,
    ])
    await insertToken(query, { token: successor, family: family.id, now })
    await query.query('update portcullis_refresh_families set used_at = $1, expires_at = $2 where id = $3', [
      now,
      expiresAt,
      family.id,
    ])
    return this.#rotated({ ...family, used_at: now, expires_at: expiresAt }, successor, false)
  }

  #repeat({ hash, token, family }: Known): Rotated {
    const successor = this.#context.fields.ring.open(token.successor ?? '', successorPlace(hash))
    return this.#rotated(family, successor, true)
  }

  #rotated(family: FamilyRow, token: string, isRepeat: boolean): Rotated {
    return { token, session: readSession(this.#context.fields, family), isRepeat }
  }

  async #refuse({ family }: Known, reason: Refused['reason']): Promise<Refused> {
    const isFamilyEnded = misuses.includes(reason as Verdict)
    if (isFamilyEnded)
      await this.#statements.query(
        'update portcullis_refresh_families set revoked_at = $1, revoked_because = $2 where id = $3',
        [this.#use.now, reason, family.id],
      )
    return { reason, session: { id: family.id, account: family.account_id }, isFamilyEnded }
  }
}

const successorPlace = (row: string): Place => ({ table: 'portcullis_refresh_tokens', column: 'successor', row })

export interface Fresh {
  readonly token: string
  readonly family: string
  readonly now: number
}

export async function insertToken(statements: Statements, { token, family, now }: Fresh): Promise<void> {
  await statements.query('insert into portcullis_refresh_tokens (hash, family_id, issued_at) values ($1, $2, $3)', [
    hashOfToken(token) ?? '',
    family,
    now,
  ])
}
