/** What a URL of Redis leads to: one server, a cluster, or the master that sentinels know. */

import { decodePart, readUserInfo } from '../user-info.ts'

export interface Address {
  /** Without the brackets of IPv6. */
  readonly host: string
  readonly port: number
}

export interface Target {
  readonly kind: 'server' | 'cluster' | 'sentinel'
  readonly isEncrypted: boolean
  /** One server, or several of a cluster or sentinels: whichever answers tells of the others. */
  readonly hosts: readonly Address[]
  /** The name that the sentinels give to the master; empty without sentinels. */
  readonly master: string
  readonly username: string | undefined
  readonly password: string | undefined
  /** Number of the database. */
  readonly database: number
}

/** A password may hold whatever a secret does: no host has an `@`, so that the last one ends it. */
const shape = /^(redis|rediss)(?:\+(cluster|sentinel))?:\/\/(?:(.*)@)?([^@/?#\s]+)(?:\/([^?#\s]*))?$/is

const address = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::([0-9]{1,5}))?$/i

/** Reads a URL, or says what it should be; no message quotes it, for it may hold a password. */
export function readTarget(url: string): Target | string {
  const [, scheme, mode, user, hostList = '', path = ''] = shape.exec(url) ?? []
  if (scheme === undefined) return 'expected a url that begins with `rediss://`'
  const kind = (mode?.toLowerCase() ?? 'server') as Target['kind']
  const hosts = hostList.split(',').map((text) => readAddress(text, kind === 'sentinel' ? 26_379 : 6_379))
  if (!hosts.every((host) => host !== undefined)) return 'expected hosts as `host:port`, separated by commas'
  if (kind === 'server' && hosts.length > 1)
    return 'expected one host: several are a `rediss+cluster://` or a `rediss+sentinel://`'
  const place = readPath(kind, path)
  if (typeof place === 'string') return place
  return { kind, isEncrypted: scheme.toLowerCase() === 'rediss', hosts, ...place, ...readUserInfo(user) }
}

function readAddress(text: string, usual: number): Address | undefined {
  const [, v6, name, port] = address.exec(text) ?? []
  const host = v6 ?? name
  const number = port === undefined ? usual : Number(port)
  return host === undefined || number < 1 || number > 65_535 ? undefined : { host, port: number }
}

/** `/database`, or `/master/database` for sentinels. */
function readPath(kind: Target['kind'], path: string): Pick<Target, 'master' | 'database'> | string {
  const parts = path.split('/')
  const master = kind === 'sentinel' ? (parts.shift() ?? '') : ''
  const [database = '', ...more] = parts
  if (kind === 'sentinel' && master === '') return 'expected the name of the master after the hosts: `/mymaster`'
  if (more.length > 0 || !/^[0-9]{0,5}$/.test(database))
    return 'expected the number of a database at the end of the url'
  if (kind === 'cluster' && Number(database) !== 0) return 'expected no database: a cluster has only the one'
  return { master: decodePart(master), database: Number(database) }
}

/** Without user and password, for logs and messages. */
export function nameOf({ kind, hosts, master }: Target): string {
  const list = hosts.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(',')
  return kind === 'sentinel' ? `${list}/${master}` : list
}
