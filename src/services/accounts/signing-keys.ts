/** Keys that this server signs with: one that comes next, one that signs, and those whose tokens are still about. */

import type { Statements } from '../database/database.ts'
import type { StoreContext } from './context.ts'
import type { Place } from './fields/key-ring.ts'

export type SigningKeyState = 'next' | 'current' | 'previous'

export interface NewSigningKey {
  readonly kid: string
  /** `ES256`, as in a token's header. */
  readonly algorithm: string
  /** A JWK, or PEM; empty for a secret that both sides share. */
  readonly publicKey: string
  readonly privateKey: string
}

export interface KeptSigningKey extends NewSigningKey {
  /** The name of the issuer in the policy. */
  readonly issuer: string
  readonly state: SigningKeyState
  readonly createdAt: number
  readonly signsFrom: number | undefined
  readonly signsUntil: number | undefined
}

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

  /** All of an issuer, the latest first. */
  async list(issuer: string): Promise<readonly KeptSigningKey[]> {
    const rows = await this.#context.database.query<SigningKeyRow>(
      `select ${columns} from portcullis_signing_keys where issuer = $1 order by created_at desc, kid`,
      [issuer],
    )
    return rows.map((row) => this.#read(row))
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
   * The next key signs, `from` no longer does, and a fresh one comes next. False where `from` does not sign: two who
   * rotate at once rotate once.
   */
  rotate(issuer: string, from: string, next: NewSigningKey): Promise<boolean> {
    const now = this.#context.clock.now()
    return this.#context.database.transact(async (statements) => {
      const ended = await statements.query(
        `update portcullis_signing_keys set state = 'previous', signs_until = $1
         where kid = $2 and issuer = $3 and state = 'current' returning kid`,
        [now, from, issuer],
      )
      if (ended.length === 0) return false
      const begun = await statements.query(
        `update portcullis_signing_keys set state = 'current', signs_from = $1
         where issuer = $2 and state = 'next' returning kid`,
        [now, issuer],
      )
      // The next one was revoked: the fresh one signs at once, and the rotation after this brings its own.
      return this.#insert(statements, { ...next, issuer, state: begun.length === 1 ? 'next' : 'current' })
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

  /** Takes a key away at once, unless it signs: that one is rotated out before. */
  async revoke(issuer: string, kid: string): Promise<boolean> {
    const gone = await this.#context.database.query(
      `delete from portcullis_signing_keys where issuer = $1 and kid = $2 and state <> 'current' returning kid`,
      [issuer, kid],
    )
    return gone.length === 1
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
    return {
      kid: row.kid,
      issuer: row.issuer,
      algorithm: row.algorithm,
      state: row.state,
      publicKey: row.public_key,
      privateKey: this.#context.fields.ring.open(row.private_key, placeOf(row.kid)),
      createdAt: row.created_at,
      signsFrom: row.signs_from ?? undefined,
      signsUntil: row.signs_until ?? undefined,
    }
  }
}

const placeOf = (row: string): Place => ({ table: 'portcullis_signing_keys', column: 'private_key', row })
