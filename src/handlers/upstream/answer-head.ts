/** The head of an upstream's answer as it goes on to the client. */

import { banners } from '../../core/banners.ts'
import { hopByHop, namedByConnection } from '../../core/hop-by-hop.ts'

/** What a client is never told of an upstream. */
const withheld: ReadonlySet<string> = new Set([...hopByHop, ...banners, 'x-powered-by'])

/**
 * Of a flat list (name in lower case, value, name, value) all but hop-by-hop fields, banners and the cookies that are this
 * server's own; repeated fields stay apart.
 */
export function readAnswerHead(
  status: number,
  fields: readonly string[],
  cookies: readonly string[] = [],
): readonly string[] {
  const named = connectionNames(fields)
  const flat: string[] = []
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] ?? ''
    const value = fields[at + 1] ?? ''
    if (withheld.has(name) || named.has(name)) continue
    if (name === 'content-length' && status === 204) continue
    if (name === 'set-cookie' && isOwn(value, cookies)) continue
    flat.push(name, value)
  }
  return flat
}

const nothing: ReadonlySet<string> = new Set()

/** All that `Connection` names, however often it comes. */
function connectionNames(fields: readonly string[]): ReadonlySet<string> {
  let names: Set<string> | undefined
  for (let at = 0; at < fields.length; at += 2) {
    if (fields[at] !== 'connection') continue
    for (const name of namedByConnection(fields[at + 1])) names = (names ?? new Set()).add(name)
  }
  return names ?? nothing
}

/** An upstream that could set them could have a caller be known as somebody else. */
const isOwn = (cookie: string, cookies: readonly string[]): boolean =>
  cookies.includes(cookie.split('=', 1)[0]?.trim() ?? '')
