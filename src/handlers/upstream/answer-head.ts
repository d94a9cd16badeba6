/** The head of an upstream's answer as it goes on to the client. */

import { banners } from '../../core/banners.ts'
import { hopByHop, namedByConnection } from '../../core/hop-by-hop.ts'

/** Fields by lower-case name, as undici reads them. */
export type Fields = Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * A flat list (name, value, name, value) without hop-by-hop fields, banners and the cookies that are this server's own;
 * repeated fields stay apart.
 */
export function readAnswerHead(status: number, fields: Fields, cookies: readonly string[] = []): readonly string[] {
  const named = namedByConnection(fields.connection)
  const flat: string[] = []
  for (const name of Object.keys(fields)) {
    if (hopByHop.has(name) || banners.has(name) || name === 'x-powered-by' || named.includes(name)) continue
    if (name === 'content-length' && status === 204) continue
    const value = fields[name] ?? ''
    if (typeof value === 'string') flat.push(name, value)
    else for (const item of value) flat.push(name, item)
  }
  return cookies.length > 0 && fields['set-cookie'] !== undefined ? withoutOwn(flat, cookies) : flat
}

/** An upstream that could set them could have a caller be known as somebody else. */
const withoutOwn = (flat: readonly string[], cookies: readonly string[]): readonly string[] =>
  flat.filter((_, at) => !isOwn(flat, at - (at % 2), cookies))

function isOwn(flat: readonly string[], at: number, cookies: readonly string[]): boolean {
  if (flat[at] !== 'set-cookie') return false
  return cookies.includes((flat[at + 1] ?? '').split('=', 1)[0]?.trim() ?? '')
}
