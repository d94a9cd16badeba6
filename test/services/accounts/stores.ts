/** The two databases that the account store runs on, as the contract's tests open them. */

import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type AccountStore, openAccountStore } from '../../../src/services/accounts/account-store.ts'
import { createKeyRing, type KeyRing } from '../../../src/services/accounts/fields/key-ring.ts'
import type { DatabaseSettings } from '../../../src/services/database/settings.ts'
import { randomId } from '../../../src/services/random-id.ts'
import { HandClock } from '../../helpers/hand-clock.ts'
import { type PostgresServer, startPostgres } from '../../helpers/postgres-server.ts'
import { settingsOf as settingsFor } from './settings.ts'

export const kinds = ['sqlite', 'postgres'] as const
export type Kind = (typeof kinds)[number]

let server: PostgresServer | undefined

/** One for all tests of a file, each with a database of its own. */
export function usePostgres(): () => PostgresServer {
  test.before('Postgres starts', async () => {
    server = await startPostgres()
  })
  test.after.always('Postgres stops', async () => server?.stop())
  return () => {
    if (server === undefined) throw new Error('Postgres has not started')
    return server
  }
}

export const newSecret = (): Buffer => randomBytes(32)

/** With the authority of the Postgres of this file. */
export const settingsOf = (url: string, given: Partial<DatabaseSettings> = {}): DatabaseSettings =>
  settingsFor(url, { ca: server?.ca, ...given })

export async function emptyDatabase(t: ExecutionContext, kind: Kind): Promise<string> {
  if (kind === 'postgres' && server !== undefined) return server.createDatabase()
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-store-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return `sqlite:${join(folder, 'new/portcullis.db')}`
}

export interface Opened {
  readonly store: AccountStore
  readonly clock: HandClock
  readonly ring: KeyRing
  readonly url: string
}

export interface OpenOptions {
  readonly url?: string
  readonly ring?: KeyRing
  readonly clock?: HandClock
  readonly settings?: Partial<DatabaseSettings>
}

/** Opens a store until the test ends, on a database of its own unless told. */
export async function open(t: ExecutionContext, kind: Kind, options: OpenOptions = {}): Promise<Opened> {
  const url = options.url ?? (await emptyDatabase(t, kind))
  const { ring = createKeyRing([newSecret()]), clock = new HandClock() } = options
  const store = await openAccountStore(settingsOf(url, options.settings), { ring, clock, randomId })
  t.teardown(() => store.close())
  return { store, clock, ring, url }
}

/** A test of the contract: it holds on both. */
export function onBoth(title: string, run: (t: ExecutionContext, kind: Kind) => Promise<void>): void {
  for (const kind of kinds) test(`${kind}: ${title}`, (t) => run(t, kind))
}

/** The same, one after the other: for those that start processes. */
export function onBothInTurn(title: string, run: (t: ExecutionContext, kind: Kind) => Promise<void>): void {
  for (const kind of kinds) test.serial(`${kind}: ${title}`, (t) => run(t, kind))
}
