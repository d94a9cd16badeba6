/** Keys that this server signs with: one that comes next, one that signs, and those whose tokens are still about. */

import type { Statements } from '../database/database.ts'
import type { StoreContext } from './context.ts'
import type { Place } from './fields/key-ring.ts'
import type { Operator } from './outbox/act.ts'

export type SigningKeyState = 'next' | 'current' | 'previous'

export interface NewSigningKey {
  readonly kid: string
  /** `ES256`, as in a token's header. */
  readonly algorithm: string
  /** The JSON text of a JWK; empty for a secret that both sides share. */
  readonly publicKey: string
  readonly privateKey: string
}

/** What may be shown of a key. */
export interface SigningKeyFacts extends Pick<NewSigningKey, 'kid' | 'algorithm'> {
  /** The name of the issuer in the policy. */
  readonly issuer: string
  readonly state: SigningKeyState
  readonly createdAt: number
  readonly signsFrom: number | undefined
  readonly signsUntil: number | undefined
}

export interface KeptSigningKey extends NewSigningKey, SigningKeyFacts {}

/** One key takes the place of another; nothing happens where `from` is not in it any more. */
export interface Succession {
  readonly from: string
  readonly fresh: NewSigningKey
}

export interface SigningKeyRotation extends Succession {
  /** The next key, which signs from now on. */
  readonly to: string
}

/** Why a server rotates by itself: the key has signed for as long as it may, or with what the policies accept no more. */
export type Because = 'age' | 'algorithm'

interface SigningKeyRow {
  readonly kid: string
  readonly issuer: string
  readonly algorithm: string
  readonly state: SigningKeyState
  readonly public_key: string
  readonly private_key: string
  readonly created_at: number
  readonly signs_from: number | null
  readonly signs_until: number | null
}

const columns = 'kid, issuer, algorithm, state, public_key, private_key, created_at, signs_from, signs_until'

export class SigningKeys {
  readonly #context: StoreContext

  constructor(context: StoreContext) {
    this.#context = context
  }

  /** All of an issuer, the latest first. Throws `FieldFault`. */
  async list(issuer: string): Promise<readonly KeptSigningKey[]> {
    return (await this.#rows(issuer)).map((row) => this.#read(row))
  }

  /** The same, where nobody has to be able to open them. */
  async describe(issuer: string): Promise<readonly SigningKeyFacts[]> {
    return (await this.#rows(issuer)).map(factsOf)
  }

  /** The first keys of an issuer; false where another node was faster, or there are some. */
  begin(issuer: string, keys: { readonly current: NewSigningKey; readonly next: NewSigningKey }): Promise<boolean> {
    return this.#context.database.transact(async (statements) => {
      const known = await statements.query('select kid from portcullis_signing_keys where issuer = $1', [issuer])
      if (known.length > 0) return false
      const begun = await this.#insert(statements, { ...keys.current, issuer, state: 'current' })
      if (begun) await this.#insert(statements, { ...keys.next, issuer, state: 'next' })
      return begun
    })
  }

  /**
   * The next key signs, `from` no longer does, and a fresh one comes next. False where `from` does not sign, or `to` is
   * not next: two who rotate at once rotate once, and it is on record once.
   */
  rotate(issuer: string, { from, to, fresh }: SigningKeyRotation, by?: Operator | Because): Promise<boolean> {
    return this.#context.database.transact(async (statements) => {
      const known = await this.#lock(statements, issuer)
      if (known.get(from) !== 'current' || known.get(to) !== 'next') return false
      await statements.query(`update portcullis_signing_keys set state = 'previous', signs_until = $1 where kid = $2`, [
        this.#context.clock.now(),
        from,
      ])
      await this.#promote(statements, issuer)
      await this.#insert(statements, { ...fresh, issuer, state: 'next' })
      const [operator, because] = typeof by === 'string' ? [undefined, by] : [by, undefined]
      const details = { issuer, from, to, because }
      if (by) await this.#context.outbox.add(statements, { event: 'key.rotated', operator, details })
      return true
    })
  }

  /** Another key comes next, in place of `from`, which never signed. */
  replaceNext(issuer: string, { from, fresh }: Succession): Promise<boolean> {
    return this.#context.database.transact(async (statements) => {
      const known = await this.#lock(statements, issuer)
      if (known.get(from) !== 'next') return false
      await this.#remove(statements, from)
      return this.#insert(statements, { ...fresh, issuer, state: 'next' })
    })
  }

  /** Takes away those that do not sign since before then: no token of theirs is good any more. */
  async retire(issuer: string, before: number): Promise<readonly string[]> {
    const gone = await this.#context.database.query<{ readonly kid: string }>(
      `delete from portcullis_signing_keys where issuer = $1 and state = 'previous' and signs_until < $2 returning kid`,
      [issuer, before],
    )
    return gone.map(({ kid }) => kid)
  }

  /**
   * Takes a key away at once: in place of the one that signs the next one does, and in place of the next one a fresh one
   * comes. What it was; nothing where it is not there. On record, where an operator does it.
   */
  revoke(issuer: string, { from: kid, fresh }: Succession, operator?: Operator): Promise<SigningKeyState | undefined> {
    return this.#context.database.transact(async (statements) => {
      const state = (await this.#lock(statements, issuer)).get(kid)
      if (state === undefined) return undefined
      await this.#remove(statements, kid)
      if (state === 'current') await this.#promote(statements, issuer)
      if (state !== 'previous') await this.#insert(statements, { ...fresh, issuer, state: 'next' })
      const details = { issuer, key: kid, state }
      if (operator) await this.#context.outbox.add(statements, { event: 'key.revoked', operator, details })
      return state
    })
  }

  /** Puts on record that an operator had a token made. */
  recordUse(
    issuer: string,
    use: { readonly key: string; readonly sub: string; readonly jti: string },
    operator: Operator,
  ) {
    const { outbox, database } = this.#context
    return outbox.add(database, { event: 'key.used', operator, details: { issuer, ...use } })
  }

  #rows(issuer: string): Promise<readonly SigningKeyRow[]> {
    return this.#context.database.query<SigningKeyRow>(
      `select ${columns} from portcullis_signing_keys where issuer = $1 order by created_at desc, kid`,
      [issuer],
    )
  }

  /** The state of each key, which nobody else changes until the transaction is over. */
  async #lock(statements: Statements, issuer: string): Promise<ReadonlyMap<string, SigningKeyState>> {
    const rows = await statements.query<Pick<SigningKeyRow, 'kid' | 'state'>>(
      'select kid, state from portcullis_signing_keys where issuer = $1 order by kid for update',
      [issuer],
    )
    return new Map(rows.map(({ kid, state }) => [kid, state]))
  }

  async #promote(statements: Statements, issuer: string): Promise<void> {
    await statements.query(
      `update portcullis_signing_keys set state = 'current', signs_from = $1 where issuer = $2 and state = 'next'`,
      [this.#context.clock.now(), issuer],
    )
  }

  async #remove(statements: Statements, kid: string): Promise<void> {
    await statements.query('delete from portcullis_signing_keys where kid = $1', [kid])
  }

  async #insert(
    statements: Statements,
    key: NewSigningKey & Pick<KeptSigningKey, 'issuer' | 'state'>,
  ): Promise<boolean> {
    const { fields, clock } = this.#context
    const now = clock.now()
    const rows = await statements.query(
      `insert into portcullis_signing_keys (${columns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
       on conflict do nothing returning kid`,
      [
        key.kid,
        key.issuer,
        key.algorithm,
        key.state,
        key.publicKey,
        fields.ring.seal(key.privateKey, placeOf(key.kid)),
        now,
        key.state === 'current' ? now : null,
        null,
      ],
    )
    return rows.length === 1
  }

  #read(row: SigningKeyRow): KeptSigningKey {
    const privateKey = this.#context.fields.ring.open(row.private_key, placeOf(row.kid))
    return { ...factsOf(row), publicKey: row.public_key, privateKey }
  }
}

const factsOf = (row: SigningKeyRow): SigningKeyFacts => ({
  kid: row.kid,
  issuer: row.issuer,
  algorithm: row.algorithm,
  state: row.state,
  createdAt: row.created_at,
  signsFrom: row.signs_from ?? undefined,
  signsUntil: row.signs_until ?? undefined,
})

const placeOf = (row: string): Place => ({ table: 'portcullis_signing_keys', column: 'private_key', row })
