/** The one catalogue of refusals, and the frozen value by which a guard refuses. */

interface Entry {
  readonly status: number
  readonly message: string
  /** When it comes, for the reference and the API's own documents. */
  readonly when: string
}

const entry = (status: number, message: string, when: string): Entry => ({ status, message, when })

/** Every refusal that a client can see: code → status, text, and when it comes. */
export const catalogue = {
  request_malformed: entry(
    400,
    'Malformed request',
    'The request, or the JSON in it, can be read in two ways or in none; the message says which rule it breaks.',
  ),
  token_missing: entry(
    401,
    'Missing or invalid authorization header',
    'No bearer token came, and the route, or a scope that it asks for, needs one.',
  ),
  token_expired: entry(401, 'Token has expired', 'The token is good in every other way, and its time is over.'),
  token_invalid: entry(
    401,
    'Invalid token',
    'The token is not one that the issuers of this route stand for; which rule it breaks is told to the log alone.',
  ),
  credential_missing: entry(
    401,
    'Missing credential',
    'The route asks for a credential that is no bearer token, and none of those that it takes came.',
  ),
  credential_invalid: entry(
    401,
    'Invalid credential',
    'The API key, session, signature or certificate is not good here; which rule it breaks is told to the log alone.',
  ),
  credentials_invalid: entry(
    401,
    'Invalid credentials',
    'Name and password are not those of an account that may log in; which of the two is wrong, nobody is told.',
  ),
  step_up_required: entry(
    401,
    'Stronger authentication required',
    'The token is good, but its login was not as strong, or is not as recent, as the route asks for (RFC 9470).',
  ),
  origin_denied: entry(
    403,
    'Origin not allowed',
    'A preflight asks for an origin, a method or a request header that `cors` does not list.',
  ),
  csrf_rejected: entry(
    403,
    'Cross-site request rejected',
    'The request would change something by the session cookie of a browser, and nothing says that a page of this host, or of an origin that `csrf` lists, sent it.',
  ),
  address_denied: entry(403, 'Address not allowed', "The client's address is in none of the ranges of `network`."),
  tls_required: entry(
    403,
    'HTTPS required',
    'The request came in clear, and is not one to be sent on to HTTPS: it would change something, or carries a credential, or it begins a session whose cookie no browser keeps in clear.',
  ),
  scope_missing: entry(403, 'Insufficient scope', 'The token does not carry a scope that the route asks for.'),
  forbidden: entry(403, 'Forbidden', 'No role of the caller allows this action on this resource, or one forbids it.'),
  route_unknown: entry(404, 'No such route', 'No route of any policy has this path: nothing is open by omission.'),
  not_found: entry(404, 'Not found', 'The resource does not exist, or `hide` says so in place of `forbidden`.'),
  method_not_allowed: entry(
    405,
    'Method not allowed',
    'The path has routes, and none of them answers this method; TRACE and CONNECT have none anywhere.',
  ),
  request_timeout: entry(408, 'Request timed out', 'The head or the body of the request did not arrive in time.'),
  body_too_large: entry(413, 'Request body too large', 'The body is larger than the route takes.'),
  uri_too_long: entry(414, 'Request target too long', 'The request target is longer than 8 kB.'),
  media_type_unsupported: entry(
    415,
    'Unsupported media type',
    'The body is of a type, charset or content coding that the route does not take.',
  ),
  host_unknown: entry(421, 'Unknown host', 'Policies name the hosts that they answer, and this is none of them.'),
  input_invalid: entry(
    422,
    'Input validation failed',
    'Parameters, headers, cookies or body do not fit their schemas; `details` names each fault.',
  ),
  account_locked: entry(
    423,
    'Too many failed logins',
    'This name, or this address, failed too often: it is not asked again before `Retry-After`. Unknown names lock alike.',
  ),
  rate_limited: entry(429, 'Rate limit exceeded', 'A limit of the route is used up for this client.'),
  headers_too_large: entry(
    431,
    'Request header fields too large',
    'All header fields together are larger than `settings.limits.headers`.',
  ),
  internal_error: entry(
    500,
    'Internal server error',
    'A handler or loader threw, or this server has a fault; the log has it under the request id.',
  ),
  upgrade_unsupported: entry(
    501,
    'Protocol upgrades are not supported',
    'The request asks for WebSocket or another protocol.',
  ),
  upstream_failed: entry(
    502,
    'Upstream request failed',
    'The upstream could not be reached, or broke off before it answered.',
  ),
  overloaded: entry(
    503,
    'Server overloaded',
    'One of `settings.limits` is reached, `connections`, `requests` or `eventLoopDelay`; or no slot of `concurrency` was free in time.',
  ),
  state_unavailable: entry(
    503,
    'Shared state unavailable',
    'A limit of the route says `onStoreFailure: deny`, and the store that all nodes count in does not answer; or the database of accounts does not.',
  ),
  keys_unavailable: entry(
    503,
    'Verification keys unavailable',
    'The keys of the issuer could not be fetched yet, so that no token of its can be judged.',
  ),
  audit_unavailable: entry(
    503,
    'Audit log unavailable',
    'The route answers nothing that is not on record, and the record could not be written to disk.',
  ),
  starting: entry(503, 'Server is starting', 'The policies are not loaded yet.'),
  shutting_down: entry(
    503,
    'Server is shutting down',
    'The server is stopping, and the answer did not begin within the time that it leaves.',
  ),
  upstream_timeout: entry(
    504,
    'Upstream did not answer in time',
    'The destination, or the loader of a resource, did not answer within `timeout`.',
  ),
} as const satisfies Record<string, Entry>

/** A refusal's name in the catalogue: what clients, logs and events tell it by. */
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
