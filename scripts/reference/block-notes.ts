/** What the pages of blocks say beyond what the code knows: what holds without the block, how it behaves, where to read on. */

export interface BlockNotes {
  /** What holds where the block is not written. */
  readonly without: string
  /** How it behaves, a point each. */
  readonly points: readonly string[]
  /** Page → what is found there; from the folder of the blocks. */
  readonly see: Readonly<Record<string, string>>
}

export const blockNotes: Readonly<Record<string, BlockNotes>> = {
  headers: {
    without: '`api`',
    points: [
      "`api`: nothing of an answer may load, frame or be framed (`default-src 'none'`). `web`: helmet's own choice for pages.",
      '`set` wins over the destination, `remove` over whoever wrote the header.',
      'What the destination says in a header of the preset is heard where it is as strict or stricter; its banners (`Server`, `Via`, `X-Generator` …) and `Alt-Svc` never.',
      "A destination's `Content-Security-Policy` stands alone where it keeps foreign scripts out, and beside ours where it does not; one written in `helmet` is the only one.",
      'Under TLS every cookie is `Secure`. `cookies` only ever adds: a stricter `SameSite` of the destination stays. The session of this server is left alone.',
      '`Strict-Transport-Security` is sent under TLS alone.',
      '`Cache-Control` for everyone becomes `private` on an authenticated answer, unless `set` says it. An authenticated answer gets `Cache-Control: no-store` where the destination says nothing.',
      'Answers without a route (400, 404) carry the headers of `api`.',
    ],
    see: {
      'cors.md': 'which pages may read the answers',
      '../../http.md#order': 'when headers are written',
      '../../http.md#what-a-client-gets-of-the-answer': 'what becomes of each header of the destination',
    },
  },
  cors: {
    without: 'no page of another origin may read an answer',
    points: [
      'An origin is exact (`https://shop.example`), `https://*.shop.example` for its direct subdomains, or `*`.',
      'The methods of a preflight come from the routes of the path: there is no list to keep in step.',
      'A preflight is answered before every other gate: 204, or 403 without any `Access-Control-*`.',
      'An actual request is never refused by `cors`: a browser keeps the answer from the page. It is no protection against other clients.',
      '`Vary: Origin` stands on every answer of the route.',
    ],
    see: {
      'headers.md': 'other headers of the answer',
      '../denials.md#origin_denied': 'what a refused preflight gets',
    },
  },
  network: {
    without: 'any address may call',
    points: [
      'The address is that of the peer, or what a proxy of `settings.trustedProxies` says it is.',
      'IPv4-mapped IPv6 (`::ffff:10.0.0.1`) is judged as IPv4.',
    ],
    see: { '../sections/settings.md': '`trustedProxies`', 'rate-limit.md': 'limits by address' },
  },
  authenticate: {
    without: 'an error: nothing is open by omission',
    points: [
      'The first credential that is present decides. A bad one is refused, never skipped.',
      'The token comes in `Authorization: Bearer`, never in the query. The scheme is case-insensitive.',
      '`acr` and `maxAge` ask for a strong or a recent login, by the `acr` and `auth_time` of the token (RFC 9470): 401 `step_up_required` says what to ask the issuer for. A claim that is missing, or of another type, is not enough.',
      '`apiKey` is a key of an account (`portcullis api-keys`), in `X-API-Key` unless `header` names another one: it has the roles and claims of the account, and those of its scopes that the account has now. What is revoked, disabled or expired is refused within 2 seconds on every node.',
      '`signature` is an HMAC-SHA-256 of the raw body, under `input.maxBytes`; the caller is `name`, of the issuer `urn:portcullis:signature`, and has no scopes or roles. Where it signs a `timestamp`, late requests are refused, and a second one with the same signature.',
      '`public` as the last of a list makes the token optional: a caller without one has the role `anonymous`.',
      'A bare `jwt` means the one issuer there is; with two, the route says whose tokens it means.',
      '`session` takes the cookie `__Host-session` that a browser got from `builtin: { login: cookie }`. It goes on while it is used, nobody refreshes it, and [`csrf`](csrf.md) is on.',
      'The credential is not passed on to an upstream, unless `forwardToken: true`.',
    ],
    see: {
      '../sections/issuers.md': 'whose tokens count, and with which keys',
      '../../credentials.md': 'API keys, webhooks of GitHub, Stripe, Slack and others, and stronger logins',
      'scopes.md': 'what the token must be granted',
      'authorize.md': 'what the caller may do with a resource',
    },
  },
  csrf: {
    without:
      'on where `authenticate` takes a `session`, and for `builtin: { login: cookie }`: pages of this host alone change something',
    points: [
      'GET, HEAD and OPTIONS pass: what they answer must change nothing. So do callers whose credential is no cookie.',
      '`Sec-Fetch-Site` decides where the browser sends it: `same-origin` and `none` pass. Where it does not, `Origin` must be the scheme, host and port of the request.',
      'An origin that is listed passes either way. A sibling such as `https://blog.shop.example` is another origin: list it, or it is refused.',
      'Who sends neither header is refused. Browsers always send one of them; a program sends `Origin` with the address that it calls, or takes a bearer token.',
      '`cors.origins` says who may read, and lists nobody here.',
      'A login is guarded before there is a cookie, so that nobody is logged in as somebody else unawares.',
      '`off` lets every page in; `check` warns of it, unless `because`.',
    ],
    see: {
      'authenticate.md': 'sessions by cookie',
      'cors.md': 'which pages may read the answers',
      '../denials.md#csrf_rejected': 'what a page gets that is refused',
    },
  },
  rateLimit: {
    without: 'no limit; `check` warns of unsafe routes that are open to everyone',
    points: [
      'Each limit is taken as early as its key is known: address, user, input. Those of one gate are taken all or none; earlier gates give nothing back.',
      '`by: ip` counts an IPv6 client by its /64, `user` by issuer and id. A key without a value counts by address.',
      '`token-bucket` never allows more than `burst` + rate × time. `sliding-window` never allows more than `limit` in any window, and may refuse up to 1/64 of a window early.',
      "A limit in `defaults` or a profile is one counter for all routes that inherit it. One on a route is that route's own.",
      'A counter is known by service, route and `name`, never by its line: it outlives a reload.',
      'Where `settings.state` is Redis, all nodes count together, by its clock. A client that it refused is refused without asking again until it would be served; what it does not answer is decided by `onStoreFailure`.',
      'Answers carry `X-RateLimit-*`, `RateLimit-Policy` and `RateLimit` of the limit nearest to its end; 429 carries `Retry-After`.',
    ],
    see: {
      '../sections/routes.md#options': '`cost`: how much one request takes',
      '../expressions.md': 'keys and plans by expression',
      '../../http.md#rate-limit-headers': 'what clients are told',
    },
  },
  scopes: {
    without: 'no scope is asked for',
    points: [
      'Scopes are compared whole, and upper and lower case differ.',
      'A caller without a token, where that is optional, is asked for one (401).',
      'Where every accepted issuer lists its `scopes`, `check` finds a route that asks for another.',
    ],
    see: { 'authenticate.md': 'where the token comes from', '../sections/issuers.md': 'which claim holds scopes' },
  },
  input: {
    without: 'no body, and no query parameter',
    points: [
      'What is not declared does not get in: query parameters, the body, members of objects. Undeclared headers and cookies pass.',
      'A parameter of the path that is not declared is a text of at most 256 characters.',
      "Parameters, headers and cookies are read as their declared type by JSON's grammar: no `0x10`, no spaces. `required: true` beside the schema says that one must be there.",
      'A body is JSON in UTF-8, judged whole: duplicate keys, a byte order mark and more than 64 levels are 400.',
      'Where `contentTypes` names `application/x-www-form-urlencoded` or `multipart/form-data`, `body` describes the text fields, which are read as query parameters are. A route may take JSON and forms: each body is judged by its own content type.',
      '`files` describes the files of a `multipart/form-data` body by field. What two readers could take apart in two ways is 400: a doubled or encoded name, a name with a path, a folded head, a stray boundary. The body is held in memory whole, up to `maxBytes`.',
      'A handler finds the fields in `ctx.request.body` and the files in `ctx.request.files`: a list a field, of `name`, `type` and `bytes`.',
      'The original bytes go on, unless a `transform` or `default` changed something.',
      'At most 20 faults are told, by place and keyword, never with the value.',
      'Under `reportOnly`, a body that does not fit passes as it came.',
    ],
    see: {
      '../input-schemas.md': 'every keyword, format and transform',
      '../sections/schemas.md': 'schemas that several routes share',
      '../sections/settings.md': '`limits.body`, the default of `maxBytes`',
    },
  },
  authorize: {
    without: 'roles are not asked',
    points: [
      'The roles of the caller decide. `cannot` wins over `can`; where nothing allows, the answer is no.',
      'A loader `./file.ts#export` gets the principal and the input, and gives a plain object; `null` is 404 `not_found`.',
      'A missing attribute, or an expression without a value, makes a `can` not apply and a `cannot` apply.',
      "`roles` takes the place of the caller's roles: `${user.claims.orgs[params.org]}` for roles per tenant. It reads verified claims alone.",
      'An attribute from `query`, `headers` or `body` that a rule compares with the user is an error, unless `because`.',
      'With a `field`, rules with `fields` count; without one the request is about the whole resource.',
      '`answer` cuts what the destination answers, field by field and item by item; then rules with `fields` count too. What cannot be cut is 502, never passed on.',
    ],
    see: {
      '../sections/roles.md': 'what roles can do, under which conditions',
      '../../policy-language.md#blocks': 'how `answer` cuts',
      '../expressions.md': 'attributes by expression',
      'timeout.md': 'how long a loader may take',
    },
  },
  concurrency: {
    without: 'as many as come',
    points: [
      'A slot is held until the answer is out to its last byte, the client is gone, or `timeout` ends it; what a handler still does after that counts no more.',
      'Who finds no slot waits, first come, first served, for each key. Who goes away leaves the queue at once.',
      '503 carries `Retry-After`: as long as one may wait, in whole seconds.',
      'It is judged after `authorize`: nobody who may not ask takes a slot, and `by` may name the `resource`.',
      "A block in `defaults` or a profile has one pool for all routes that inherit it. One on a route is that route's own.",
      'What is held, and who waits, outlives a reload; a new `max` holds for the queue as well. Nobody is cut off where it is less than before.',
      'Each node has slots of its own, for all its workers. With `shared: true` there are `max` over all nodes with the same [`settings.state`](../../many-nodes.md#shared-slots), and one queue.',
      'Under `reportOnly` nobody waits: who finds no free slot is reported and let through, without one.',
    ],
    see: {
      'rate-limit.md': 'how often, in place of how many at once',
      'timeout.md': 'how long a slot can be held',
      '../metrics.md': 'slots in use, and who waits',
      '../sections/settings.md': '`limits.connections`, for the server as a whole',
    },
  },
  audit: {
    without:
      'refusals, and requests of unsafe methods, are put on record as `data.create`, `data.update`, `data.delete`',
    points: [
      'Every record tells when, who, from where, by which route and policy, and with which result. Bodies, queries and credentials never stand in it.',
      'A GET is put on record where the block has an `action`, a `resource`, `details` or `required`.',
      'A refusal is `access.denied`, or `auth.failed` where `authenticate` refused, whatever the `action`.',
      'Expressions are read when the record is written; what has no value then is left out. Texts are cut at 256 characters, lists at 16 items.',
      'With `required`, what a method can change is not begun before its intent is on disk, and no answer begins before its record is. While the log cannot be written, the answer is 503.',
      'A pseudonym is the same for the same value in every record, and tells nobody who has not the key what it stands for.',
      'The block replaces an inherited one whole. `off` keeps nothing of the route, its refusals included.',
    ],
    see: {
      '../sections/settings.md': 'where the log lies, and how it is written',
      '../denials.md#audit_unavailable': 'what a client gets while the log cannot be written',
      '../expressions.md': 'what a record can be told',
    },
  },
  timeout: {
    without: '30s until the head of the answer, 60s between two bytes',
    points: [
      '`head` bounds the loader of `authorize` as well.',
      'Where the head is late, the answer is 504. Where a byte of the body is late, the connection ends.',
    ],
    see: {
      'upstream.md': 'what usually takes the time',
      '../sections/settings.md': 'how long a request may take to arrive',
    },
  },
  upstream: {
    without: 'a route needs one destination: this, or another',
    points: [
      'The public path goes up unchanged; `prefix` takes the place of the prefix of the file.',
      'The upstream gets `X-User-Id`, `X-User-Issuer`, `X-User-Scopes`, `X-User-Roles`, `X-Forwarded-*`, `X-Request-Id` and `traceparent`. What a client sends under these names never passes.',
      'Hop-by-hop headers and the credential are removed. Of the answer, `Server`, `X-Powered-By` and `Access-Control-*` are.',
      'A GET or HEAD is sent again once, on a new connection, where a reused one closed before a byte came; nothing else is repeated.',
      'Plain `http:` to another machine is an error, unless `insecurePlain` says why.',
    ],
    see: {
      '../../http.md#what-an-upstream-gets': 'the request, header by header',
      '../sections/file.md': '`upstream` and `prefix` of a file',
      'timeout.md': 'how long it may take',
    },
  },
  handler: {
    without: 'a route needs one destination: this, or another',
    points: [
      "The function has the shape of Koa's middleware, and answers through `ctx`; what it writes on `ctx.res` itself is never sent: the answer is a 500.",
      '`ctx.state` holds `principal`, `input`, `resource` and `requestId`.',
      '`next` goes on to the app that the gate is mounted in; `serve` refuses it, for nothing stands behind.',
      "It may throw `deny('forbidden')` of `portcullis`, or use `ctx.throw`. Anything else that it throws is a 500 that tells the client nothing.",
    ],
    see: {
      '../../library.md': 'the gate in an app of your own, and the types of `ctx`',
      'authorize.md': 'loaders, which are written alike',
      '../denials.md': 'the codes that `deny` knows',
    },
  },
  reply: {
    without: 'a route needs one destination: this, or another',
    points: ['A text is `text/plain`, anything else `application/json`, unless `headers` say otherwise.'],
    see: { 'headers.md': 'headers of every answer' },
  },
  builtin: {
    without: 'a route needs one destination: this, or another',
    points: [
      '`health`: 200 while the process runs.',
      '`ready`: 200 with `ready`, or with `degraded` and the parts that fail; 503 while the server shuts down.',
      '`metrics`: what this server counts, for Prometheus.',
      '`openapi`: the OpenAPI 3.1 document of the routes. `docs`: a page to read it and try it out.',
      '`login`, `refresh`, `logout`, `password`, `me`, `sessions`, `session`, `jwks`: accounts of this server, for the `builtin` issuer with `refreshTtl`; what they take is closed without an `input`.',
      '`{ login: cookie }` logs a browser in: the token goes into the cookie `__Host-session` and nowhere else, and the answer is `{ "expires_in" }`. [`csrf`](csrf.md) is on for it.',
      'They are routes like any other: `authenticate`, `network` and limits guard them.',
    ],
    see: {
      '../../openapi.md': 'the document and its page',
      '../metrics.md': 'what `metrics` answers',
      '../../http.md#operations': 'starting and stopping',
    },
  },
}
