/** One spelling for every path: requests and policies are brought to it before they are compared. */

/** Why no request may have such a path; the message is fit for a client. */
export class PathFault {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

/** What stands for itself in a segment: RFC 3986 §3.3 pchar without `;`. */
const plain = /^[A-Za-z0-9\-._~!$&'()*+,=:@]$/
const unsettled = /%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~!$&'()*+,=:@%]+/g

/**
 * What two readers could take for different paths. `%(25)*` finds it however often it is encoded, for an upstream that
 * decodes again.
 */
const ambiguous: readonly (readonly [RegExp, PathFault])[] = [
  [/^(?:\.|%(?:25)*2e){1,2}$/i, new PathFault('Path has a `.` or `..` segment')],
  [/%(?:25)*2f/i, new PathFault('Path has an encoded `/`')],
  [/%(?:25)*5c/i, new PathFault('Path has a `\\`')],
  [/%(?:25)*3b/i, new PathFault('Path has a `;`')],
  [/%(?:25)*(?:[01][0-9a-f]|7f)/i, new PathFault('Path has a control character')],
]
const badEscape = new PathFault('Path has a malformed percent-encoding')
const notUtf8 = new PathFault('Path is not valid UTF-8')

/** RFC 3986 §6.2.2, and further: `%40me` and `@me` are one segment, or a literal route could be walked around. */
function spell(part: string): string {
  if (!part.startsWith('%')) return encodeURIComponent(part.toWellFormed())
  const char = String.fromCharCode(Number.parseInt(part.slice(1), 16))
  return plain.test(char) ? char : part.toUpperCase()
}

function isUtf8(escaped: string): boolean {
  try {
    decodeURIComponent(escaped)
    return true
  } catch {
    return false
  }
}

/** The one spelling of a segment: what may stand plain does, all else is escaped in upper case; or why it is refused. */
export function normaliseSegment(segment: string): string | PathFault {
  if (/%(?![0-9A-Fa-f]{2})/.test(segment)) return badEscape
  const normal = segment.replace(unsettled, spell)
  const fault = ambiguous.find(([pattern]) => pattern.test(normal))
  if (fault) return fault[1]
  return isUtf8(normal) ? normal : notUtf8
}

/** The text that a segment stands for; one whose escapes mean nothing stands for itself. */
export function decodeSegment(segment: string): string {
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
