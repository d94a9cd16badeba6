/** What is kept for good, behind one interface: plain SQL that SQLite and Postgres both read, with `$1` for its values. */

import type { DatabaseSettings } from './settings.ts'

export type Value = string | number | null

/** Texts as both databases can keep them: no NUL, no half of a pair; whoever looks for such a one finds nothing. */
export const storable = (values: readonly Value[]): Value[] =>
  values.map((value) => (typeof value === 'string' ? value.toWellFormed().replaceAll('\0', '\ufffd') : value))

export interface Statements {
  /** One statement, done wholly or not at all. Throws `DatabaseAway`. */
  query<Row>(sql: string, values?: readonly Value[]): Promise<readonly Row[]>
}

/** Of all that is committed, by whichever process. */
export interface DataVersion {
  /** Another one after every commit, but for two that follow one another closely. */
  readonly tag: string
  /** Milliseconds since it became this one, by the clock of the machine. */
  readonly age: number
}

export interface Database extends Statements {
  /** Taken first by whoever changes the schema, in its transaction: one at a time, over all processes. */
  readonly schemaLock: readonly string[]
  /**
   * All of it is done, or nothing of it; what a throw ends is undone. It waits for nothing but its own statements, and
   * has no effect outside of them: where two are in each other's way it runs again. A row that is read to be changed is
   * read `for update`. Throws `DatabaseAway`, after which nobody knows whether the last of it was done.
   */
  transact<T>(work: (statements: Statements) => Promise<T>): Promise<T>
  /** How it stands, told without asking it; nothing where that cannot be told. */
  dataVersion(): Promise<DataVersion | undefined>
  /** The start is over, and the event loop is for others from here on. */
  serve(): void
  /** The same database, called with other credentials: what is open stays open, whoever dials next uses them. */
  signIn(settings: DatabaseSettings): void
  close(): Promise<void>
}

/** The database does not answer, or not in time, or takes nothing; it may well do so again. */
export class DatabaseAway extends Error {
  override readonly name = 'DatabaseAway'

  /** The reason ends a sentence, and holds no value of any row. */
  constructor(reason: string, options?: ErrorOptions) {
    super(`the database does not answer: ${reason}`, options)
  }
}
