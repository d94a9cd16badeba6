/** Reads the request target: its path decoded and normalised once, its query as it came. */

import { type Denial, deny, malformed } from '../core/denial.ts'
import { normaliseSegment, PathFault } from '../core/path.ts'

export interface Target {
  readonly path: string
  readonly query: string
}

const maxBytes = 8192

const tooLong = deny('uri_too_long')
const notPath = malformed('Request target must be a path')
const otherHost = malformed('Request target names another host than the Host header')
const oddQuery = malformed('Query has a `#`, a malformed percent-encoding or a character that must be encoded')
const oddPath = malformed('Path has a `#` or a character that must be percent-encoded')
const emptySegment = malformed('Path has an empty segment')

/** What is its own normal form: no escapes, no segment that is empty or starts with a dot. */
const ordinary = /^(?:\/[A-Za-z0-9\-_~!$&'()*+,=:@][A-Za-z0-9\-._~!$&'()*+,=:@]*)*\/?$/
/** RFC 3986 §3.3, and the two characters whose refusal is worded more closely. */
const written = /^[A-Za-z0-9\-._~!$&'()*+,=:@%/;\\]*$/
/** Laxer than RFC 3986 §3.4, as browsers are. */
const queryFault = /[^\x21-\x7e]|#|%(?![0-9A-Fa-f]{2})/

/** Takes the target apart; `host` is the Host header as it came. */
export function readTarget(url: string, host: string): Target | Denial {
  if (url.length > maxBytes) return tooLong
  const local = url.startsWith('/') ? url : withoutOrigin(url, host)
  if (typeof local !== 'string') return local
  const mark = local.indexOf('?')
  if (mark === -1) return read(local, '')
  return read(local.slice(0, mark), local.slice(mark + 1))
}

/** RFC 9112 §3.2.2: an absolute target is accepted, and has to say what Host says. */
function withoutOrigin(url: string, host: string): string | Denial {
  const [, authority, rest = ''] = /^https?:\/\/([^/?#]+)(.*)$/is.exec(url) ?? []
  if (authority === undefined) return notPath
  if (authority.toLowerCase() !== host.toLowerCase()) return otherHost
  return rest.startsWith('/') ? rest : `/${rest}`
}

function read(path: string, query: string): Target | Denial {
  if (query !== '' && queryFault.test(query)) return oddQuery
  if (ordinary.test(path)) return { path, query }
  const normal = normalise(path)
  return typeof normal === 'string' ? { path: normal, query } : normal
}

function normalise(path: string): string | Denial {
  if (!written.test(path)) return oddPath
  const segments: string[] = []
  for (const segment of path.split('/').slice(1)) {
    const normal = normaliseSegment(segment)
    if (normal instanceof PathFault) return malformed(normal.message)
    segments.push(normal)
  }
  return segments.slice(0, -1).includes('') ? emptySegment : `/${segments.join('/')}`
}
