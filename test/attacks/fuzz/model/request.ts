/** A request as the model reads it: one that any strict reader would read alike, with its target still as it was written. */

export interface Asked {
  readonly method: string
  readonly target: string
  /** In order, as written. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** None where the request announced none. */
  readonly body: Buffer | undefined
  /** Where it comes from; 127.0.0.1 unless told. */
  readonly peer?: string
  /** HTTP/1.0, which may leave the host out. */
  readonly isOld?: boolean
}

/** What is in a header, joined as lists are; undefined where it did not come. */
export function headerOf({ headers }: Asked, name: string): string | undefined {
  const values = headers.filter(([own]) => own.toLowerCase() === name).map(([, value]) => value)
  return values.length === 0 ? undefined : values.join(name === 'cookie' ? '; ' : ', ')
}

export interface Target {
  /** Percent-decoded segments. */
  readonly segments: readonly string[]
  readonly query: string
}

const written = /^(?:[A-Za-z0-9\-._~!$&'()*+,=:@/]|%[0-9A-Fa-f]{2})*$/
const writtenQuery = /^(?:[\x21\x22\x24\x26-\x7e]|%[0-9A-Fa-f]{2})*$/

/** Where somebody who decodes once more would see another path. */
function isAmbiguous(segment: string): boolean {
  if (/^\.{1,2}$|[/\\;\x00-\x1f\x7f]/.test(segment)) return true
  const again = segment.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return again !== segment && isAmbiguous(again)
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** The target, or the code that refuses it. */
export function readTarget({ target, ...asked }: Asked): Target | string {
  if (target.length > 8192) return 'uri_too_long'
  const local = target.startsWith('/') ? target : localOf(target, headerOf({ target, ...asked }, 'host') ?? '')
  if (local === undefined) return 'request_malformed'
  const mark = local.indexOf('?')
  const path = mark === -1 ? local : local.slice(0, mark)
  const query = mark === -1 ? '' : local.slice(mark + 1)
  if (!written.test(path) || !writtenQuery.test(query)) return 'request_malformed'
  const segments = path.slice(1).split('/').map(decoded)
  if (segments.slice(0, -1).includes('')) return 'request_malformed'
  if (!segments.every((segment) => segment !== undefined && !isAmbiguous(segment))) return 'request_malformed'
  return { segments: segments as readonly string[], query }
}

/** An absolute target has to say what Host says. */
function localOf(target: string, host: string): string | undefined {
  const [, authority, rest = ''] = /^https?:\/\/([^/?#]+)(.*)$/i.exec(target) ?? []
  if (authority === undefined || authority.toLowerCase() !== host.toLowerCase()) return undefined
  return rest.startsWith('/') ? rest : `/${rest}`
}

/** Parameters in order, lists where a name comes again; or that they cannot be read. */
export function readQuery(query: string): ReadonlyMap<string, string | readonly string[]> | undefined {
  if (query.includes(';') || query.split('&').length > 1000) return undefined
  const read = new Map<string, string | readonly string[]>()
  for (const piece of query.split('&').filter((text) => text !== '')) {
    const [raw = '', ...more] = piece.split('=')
    const [name, value] = [raw, more.join('=')].map((text) => decoded(text.replaceAll('+', ' ')))
    if (name === undefined || value === undefined) return undefined
    const before = read.get(name)
    read.set(name, before === undefined ? value : [before, value].flat())
  }
  return read
}
