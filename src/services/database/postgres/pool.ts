/** Connections to one Postgres, each of them bounded in what it may wait for. */

import pg, { type ClientConfig, type Pool, type PoolClient } from 'pg'
import { atMost } from '../../later.ts'
import { outgoingOptions } from '../../tls/outgoing.ts'
import { DatabaseAway } from '../database.ts'
import { type DatabaseSettings, signedIn } from '../settings.ts'
import type { PostgresTarget } from '../target.ts'
import { asError } from './faults.ts'

export interface PostgresSettings extends DatabaseSettings {
  readonly target: PostgresTarget
}

const maxConnections = 10
/** Of those who wait for a connection: what is beyond would come too late. */
const maxWaiting = 1_000
/** Milliseconds in which connections may end by themselves. */
const closing = 1_000
/** `bigint` (pg_type.oid); all of ours are below 2^53. */
const int8 = 20

export class PostgresPool {
  readonly #pool: Pool
  readonly #clients = new Set<PoolClient>()
  #settings: PostgresSettings

  constructor(settings: PostgresSettings) {
    this.#settings = settings
    const settingsNow = () => this.#settings
    class Caller extends pg.Client {
      constructor() {
        super(clientConfig(settingsNow()))
      }
    }
    const { deadline } = settings
    this.#pool = new pg.Pool({ Client: Caller, max: maxConnections, connectionTimeoutMillis: deadline })
    this.#pool.on('error', noop)
    this.#pool.on('connect', (client) => {
      // Whoever asks it is told; between two statements nobody listens, and the process would end.
      client.on('error', noop)
      this.#clients.add(client)
    })
    this.#pool.on('remove', (client) => this.#clients.delete(client))
  }

  /** Throws `DatabaseAway`. */
  async connect(): Promise<PoolClient> {
    if (this.#pool.ending) throw new DatabaseAway('it is closed')
    if (this.#pool.waitingCount >= maxWaiting) throw new DatabaseAway('too many wait for it')
    try {
      return await this.#pool.connect()
    } catch (error) {
      throw asError(error)
    }
  }

  /** Whoever dials from here on is another caller of the same server. */
  signIn(settings: DatabaseSettings): void {
    this.#settings = signedIn(this.#settings, settings) ?? this.#settings
  }

  /** One that is not sound is ended, whether the other side answers or not. */
  release(client: PoolClient, isSound: boolean): void {
    if (!isSound) hangUp(client)
    client.release(!isSound)
  }

  async close(): Promise<void> {
    if (this.#pool.ending) return
    await atMost(closing, this.#pool.end())
    for (const client of this.#clients) hangUp(client)
  }
}

function clientConfig({ target, deadline, ...tls }: PostgresSettings): ClientConfig {
  const { host, port, database, username, password, isEncrypted } = target
  return {
    host,
    port,
    database,
    ...(username !== undefined && { user: username }),
    ...(password !== undefined && { password }),
    ssl: isEncrypted && outgoingOptions(tls, host),
    application_name: 'portcullis',
    keepAlive: true,
    connectionTimeoutMillis: deadline,
    // The server is the first to give up: it then says why.
    statement_timeout: deadline,
    query_timeout: deadline + 500,
    idle_in_transaction_session_timeout: 2 * deadline,
    types: { getTypeParser: (oid, format) => (oid === int8 ? Number : pg.types.getTypeParser(oid, format)) },
  }
}

/** Ends a connection whether the other side answers or not. */
function hangUp(client: PoolClient): void {
  const { connection } = client as unknown as { readonly connection: { readonly stream: { destroy(): void } } }
  connection.stream.destroy()
}

const noop = (): void => {}
