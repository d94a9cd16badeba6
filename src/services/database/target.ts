/** What a URL of the durable store leads to: a file of SQLite, or a database of Postgres. */

import { decodePart, readUserInfo } from '../user-info.ts'

export interface SqliteTarget {
  readonly kind: 'sqlite'
  readonly path: string
}

export interface PostgresTarget {
  readonly kind: 'postgres'
  /** Without the brackets of IPv6. */
  readonly host: string
  readonly port: number
  readonly database: string
  readonly username: string | undefined
  readonly password: string | undefined
  /** With TLS, and a certificate that proves the host; true unless the url says `sslmode=disable`. */
  readonly isEncrypted: boolean
}

export type DatabaseTarget = SqliteTarget | PostgresTarget

/** A password may hold whatever a secret does: no host has an `@`, so that the last one ends it. */
const shape = /^postgres(?:ql)?:\/\/(?:(.*)@)?([^@/?#\s]+)\/([^/?#\s]+)(?:\?([^?#\s]*))?$/is

const address = /^(?:\[([0-9a-f:.]+)\]|([^:,[\]]+))(?::([0-9]{1,5}))?$/i

/** Reads a URL, or says what it should be; no message quotes it, for it may hold a password. */
export function readDatabaseTarget(url: string): DatabaseTarget | string {
  return url.startsWith('sqlite:') ? readFile(url.slice('sqlite:'.length)) : readServer(url)
}

/** The path as it stands; `//` before it is not part of it. */
function readFile(text: string): SqliteTarget | string {
  const path = text.replace(/^\/\/(?=.)/, '')
  if (path === '' || path.includes('\0')) return 'expected the path of a file after `sqlite:`'
  if (path === ':memory:' || path.includes('?')) return 'expected a file after `sqlite:`, found neither path nor name'
  return { kind: 'sqlite', path }
}

function readServer(url: string): PostgresTarget | string {
  const [, user, hostAndPort = '', database, query = ''] = shape.exec(url) ?? []
  if (database === undefined) return 'expected `sqlite:PATH`, or `postgres://USER@HOST/DATABASE`'
  const [, v6, name, port = '5432'] = address.exec(hostAndPort) ?? []
  const host = v6 ?? name
  if (host === undefined || Number(port) < 1 || Number(port) > 65_535) return 'expected one host, as `host:port`'
  const isEncrypted = readMode(query)
  if (typeof isEncrypted === 'string') return isEncrypted
  return {
    kind: 'postgres',
    host,
    port: Number(port),
    database: decodePart(database),
    isEncrypted,
    ...readUserInfo(user),
  }
}

/** The modes between the two hold off nobody: they take any certificate, or none. */
function readMode(query: string): boolean | string {
  if (query === '' || query === 'sslmode=verify-full') return true
  if (query === 'sslmode=disable') return false
  return 'expected `sslmode=verify-full`, which is the default, or `sslmode=disable`, and no other parameter'
}

/** Without user and password, for logs and messages. */
export function nameOf(target: DatabaseTarget): string {
  if (target.kind === 'sqlite') return target.path
  const { host, port, database } = target
  return `${host.includes(':') ? `[${host}]` : host}:${port}/${database}`
}
