/** A node of its own that uses refresh tokens, and can be stopped at any point of a use: `node session-process.ts URL CA SECRET`. */

import { createKeyRing } from '../../../src/services/accounts/fields/key-ring.ts'
import { openFields } from '../../../src/services/accounts/fields/open-fields.ts'
import { KeptRevocations } from '../../../src/services/accounts/outbox/kept-revocations.ts'
import { Outbox } from '../../../src/services/accounts/outbox/outbox.ts'
import { Sessions } from '../../../src/services/accounts/refresh/sessions.ts'
import { systemClock } from '../../../src/services/clock.ts'
import type { Database, Statements } from '../../../src/services/database/database.ts'
import { openDatabase } from '../../../src/services/database/open-database.ts'
import { randomId } from '../../../src/services/random-id.ts'
import { settingsOf } from './settings.ts'

/** Where it stands still until it is killed: before a statement that begins so, before the end, or after it. */
export type Hold = { readonly before: string } | 'commit' | 'answer'

/** Uses each token, and says what came of it. */
export interface Uses {
  readonly tokens: readonly string[]
  /** Uses what came of it in turn, for ever. */
  readonly isChain?: boolean
  readonly hold?: Hold
}

export type Said = 'ready' | 'holding' | { readonly used: string; readonly token: string }

export const rules = { idle: 86_400_000, absolute: 864_000_000, grace: 3_600_000 }

const say = (said: Said): void => void process.send?.(said)

const stand = (): Promise<never> => {
  say('holding')
  return new Promise(() => {})
}

/** The database, which stands still where it is told to, and says `holding`. */
export function holding(database: Database, hold: Hold | undefined): Database {
  const watch = (statements: Statements): Statements => ({
    query: (sql, values) =>
      typeof hold === 'object' && sql.trimStart().startsWith(hold.before) ? stand() : statements.query(sql, values),
  })
  return {
    schemaLock: database.schemaLock,
    query: (sql, values) => database.query(sql, values),
    serve: () => database.serve(),
    dataVersion: () => database.dataVersion(),
    signIn: (settings) => database.signIn(settings),
    close: () => database.close(),
    transact: async (work) => {
      const result = await database.transact(async (statements) => {
        const inside = await work(watch(statements))
        return hold === 'commit' ? stand() : inside
      })
      return hold === 'answer' ? stand() : result
    },
  }
}

async function serve([url = '', ca = '', secret = '']: readonly string[]): Promise<void> {
  const database = await openDatabase(settingsOf(url, { ca: ca || undefined }))
  const fields = await openFields(database, createKeyRing([Buffer.from(secret, 'hex')]))
  process.on('message', ({ tokens, isChain, hold }: Uses) => {
    const held = { database: holding(database, hold), clock: systemClock, randomId }
    const [outbox, revocations] = [new Outbox(held), new KeptRevocations(held.database)]
    const sessions = new Sessions({ ...held, fields, outbox, revocations })
    for (const token of tokens) void use(sessions, token, isChain)
  })
  say('ready')
}

async function use(sessions: Sessions, first: string, isChain = false): Promise<void> {
  for (let used = first; ; ) {
    const outcome = await sessions.rotate(used, { client: 'web', rules })
    const token = 'token' in outcome ? outcome.token : ''
    say({ used, token })
    if (!isChain) return
    used = token
  }
}

if (import.meta.main) await serve(process.argv.slice(2))
