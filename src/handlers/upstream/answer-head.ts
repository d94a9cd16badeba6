/** The head of an upstream's answer as it goes on to the client. */

import { hopByHop, namedByConnection } from '../../core/hop-by-hop.ts'

/** What an upstream runs on is nobody's business. */
const banners = new Set(['server', 'x-powered-by', 'x-aspnet-version', 'x-aspnetmvc-version'])

/** Fields by lower-case name, as undici reads them. */
export type Fields = Readonly<Record<string, string | readonly string[] | undefined>>

/** A flat list (name, value, name, value) without hop-by-hop fields and banners; repeated fields stay apart. */
export function readAnswerHead(status: number, fields: Fields): readonly string[] {
  const named = namedByConnection(fields.connection)
  const flat: string[] = []
  for (const name of Object.keys(fields)) {
    if (hopByHop.has(name) || banners.has(name) || named.includes(name)) continue
    if (name === 'content-length' && status === 204) continue
    const value = fields[name] ?? ''
    if (typeof value === 'string') flat.push(name, value)
    else for (const item of value) flat.push(name, item)
  }
  return flat
}
