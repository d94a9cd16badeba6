/** The head of an upstream's answer as it goes on to the client. */

import { banners } from '../../core/banners.ts'
import { hopByHop, namedByConnection } from '../../core/hop-by-hop.ts'

/**
 * Of a flat list (name in lower case, value, name, value) all but hop-by-hop fields, banners and the cookies that are this
 * server's own; repeated fields stay apart.
 */
export function readAnswerHead(
  status: number,
  fields: readonly string[],
  cookies: readonly string[] = [],
): readonly string[] {
  const named = fields.flatMap((name, at) =>
    at % 2 === 0 && name === 'connection' ? namedByConnection(fields[at + 1]) : [],
  )
  const flat: string[] = []
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] ?? ''
    const value = fields[at + 1] ?? ''
    if (hopByHop.has(name) || banners.has(name) || name === 'x-powered-by' || named.includes(name)) continue
    if (name === 'content-length' && status === 204) continue
    if (name === 'set-cookie' && isOwn(value, cookies)) continue
    flat.push(name, value)
  }
  return flat
}

/** An upstream that could set them could have a caller be known as somebody else. */
const isOwn = (cookie: string, cookies: readonly string[]): boolean =>
  cookies.includes(cookie.split('=', 1)[0]?.trim() ?? '')
