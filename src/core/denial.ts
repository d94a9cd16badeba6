/** The one catalogue of refusals, and the frozen value by which a guard refuses. */

interface Entry {
  readonly status: number
  readonly message: string
}

const entry = (status: number, message: string): Entry => ({ status, message })

/** Every refusal that a client can see: code → status and text. */
export const catalogue = {
  request_malformed: entry(400, 'Malformed request'),
  token_missing: entry(401, 'Missing or invalid authorization header'),
  token_expired: entry(401, 'Token has expired'),
  token_invalid: entry(401, 'Invalid token'),
  origin_denied: entry(403, 'Origin not allowed'),
  address_denied: entry(403, 'Address not allowed'),
  scope_missing: entry(403, 'Insufficient scope'),
  forbidden: entry(403, 'Forbidden'),
  route_unknown: entry(404, 'No such route'),
  not_found: entry(404, 'Not found'),
  method_not_allowed: entry(405, 'Method not allowed'),
  request_timeout: entry(408, 'Request timed out'),
  body_too_large: entry(413, 'Request body too large'),
  uri_too_long: entry(414, 'Request target too long'),
  media_type_unsupported: entry(415, 'Unsupported media type'),
  host_unknown: entry(421, 'Unknown host'),
  input_invalid: entry(422, 'Input validation failed'),
  rate_limited: entry(429, 'Rate limit exceeded'),
  headers_too_large: entry(431, 'Request header fields too large'),
  internal_error: entry(500, 'Internal server error'),
  upgrade_unsupported: entry(501, 'Protocol upgrades are not supported'),
  upstream_failed: entry(502, 'Upstream request failed'),
  overloaded: entry(503, 'Server overloaded'),
  keys_unavailable: entry(503, 'Verification keys unavailable'),
  shutting_down: entry(503, 'Server is shutting down'),
  upstream_timeout: entry(504, 'Upstream did not answer in time'),
} as const satisfies Record<string, Entry>

export type Code = keyof typeof catalogue

/** One fault of the input; never the value itself. */
export interface InputFault {
  readonly in: 'params' | 'query' | 'headers' | 'cookies' | 'body'
  /** JSON Pointer (RFC 6901) inside that part. */
  readonly path: string
  /** The schema keyword that failed. */
  readonly rule: string
  readonly message: string
}

interface Extra {
  /** In place of the catalogue's text; sent to the client. */
  readonly message?: string
  readonly details?: readonly InputFault[]
  /** Flat list: name, value, name, value. */
  readonly headers?: readonly string[]
  /** Why, for the log and the audit record; never sent. */
  readonly cause?: string
}

/** A refusal: frozen plain data. Guards return it, handlers may throw it. */
export class Denial {
  readonly code: Code
  readonly status: number
  readonly message: string
  readonly details: readonly InputFault[] | undefined
  readonly headers: readonly string[]
  readonly cause: string | undefined

  constructor(code: Code, extra: Extra = {}) {
    this.code = code
    this.status = catalogue[code].status
    this.message = extra.message ?? catalogue[code].message
    this.details = extra.details
    this.headers = extra.headers ?? []
    this.cause = extra.cause
    Object.freeze(this)
  }
}

/** Makes a refusal of the catalogue. */
export const deny = (code: Code, extra?: Extra): Denial => new Denial(code, extra)

/** The refusal of a request that two readers could read in two ways, or none in any: the message says what is wrong with it. */
export const malformed = (message: string, headers: readonly string[] = []): Denial =>
  deny('request_malformed', { message, headers })
