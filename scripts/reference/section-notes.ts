/** The sections of a policy file and the keys of a route: what the pages say beyond their schemas, and an example each. */

export interface SectionNotes {
  readonly title: string
  readonly summary: string
  /** A whole policy that shows it; a test checks it. */
  readonly example: string
  readonly points: readonly string[]
  readonly see: Readonly<Record<string, string>>
}

export const sectionNotes = {
  file: {
    title: 'A policy file',
    summary:
      'What stands around routes. A directory of policies is every `*.yaml` and `*.yml` below it. Names that begin with `.`, and `*.test.yaml`, are left out. A file holds any of these sections.',
    example: `service: orders
host: [shop.example, '*.shop.example']
prefix: /orders
upstream: http://127.0.0.1:9000
issuers:
  shop: { builtin: true, audience: orders-api }
defaults:
  authenticate: jwt
routes:
  GET /:id:
    scopes: [orders:read]
`,
    points: [
      'YAML 1.2, UTF-8, one document a file, at most 4 MB, 100 levels and 1,000 aliases. No duplicate keys, no custom tags.',
      'Every object is closed: a key that nothing enforces is an error.',
      'Named things (issuers, schemas, profiles, values) exist once in the directory, and every file can use them. The rules of one role may stand in several files, and add up.',
      'The `service` is the name of the file unless told; metrics and the identity of limits go by it.',
      '`service`, `host`, `prefix`, `upstream` and `defaults` hold for the routes of their own file.',
      'A `host` is exact, or `*.shop.example` for one label. A host that no file names is 421.',
    ],
    see: {
      '../../editor.md': 'completion while you write',
      'routes.md': 'routes and their keys',
      '../../policy-language.md': 'the guide to the language',
    },
  },
  routes: {
    title: 'Routes',
    summary:
      'What answers which request. `METHOD /path` names a route: METHOD is GET, HEAD, POST, PUT, PATCH, DELETE or ANY; a path has literal segments, `:name` parameters and at most one final `*name`.',
    example: `issuers:
  shop: { builtin: true, audience: orders-api }
profiles:
  signedIn:
    authenticate: jwt
    rateLimit: [{ by: user, limit: 600, per: 1m }]
defaults: { use: signedIn }
routes:
  GET /orders/:id:
    scopes: [orders:read]
    builtin: health
  GET /reports/*path:
    because: reports cost more, and the new scope is tried out until July
    scopes: [reports:read]
    reportOnly: [scopes]
    cost: 10
    builtin: health
`,
    points: [
      'The most specific path wins: literal before parameter before wildcard, segment by segment. Of one shape, the exact method wins over ANY. The order of routes and files never matters.',
      'GET answers HEAD too; OPTIONS is answered by the engine. A trailing slash is another path.',
      'Two routes of one shape and method are an error. A path that no route names is 404; 405 where it has a route, but none of that method.',
      'A route has exactly one destination, its own or the inherited `upstream`.',
      'Blocks are inherited one by one: profile of `defaults`, `defaults`, profile of the route, route. The later one replaces the earlier one whole; `inherit` as an item of a list keeps the inherited items; `off` takes a block away.',
      '`because` on the route answers the warnings of a replaced block, an `off` and a `reportOnly`.',
    ],
    see: {
      '../../openapi.md': '`summary`, `description` and `document`',
      'file.md': 'what stands around routes',
      'profiles.md': 'blocks to share',
      '../README.md#blocks': 'every block',
    },
  },
  defaults: {
    title: 'Defaults',
    summary: 'Blocks that every route of this file inherits, one by one.',
    example: `issuers:
  shop: { builtin: true, audience: orders-api }
defaults:
  authenticate: jwt
  rateLimit: [{ by: user, limit: 600, per: 1m }]
routes:
  GET /orders:
    builtin: health
  POST /orders:
    rateLimit: [inherit, { by: user, name: create, limit: 20, per: 1m }]
    builtin: health
`,
    points: [
      'They hold in their own file alone; a `profile` shares blocks over files.',
      'A limit in `defaults` is one counter for all routes that inherit it.',
      'A route that replaces or drops a block is told of by `check`, unless it says `because`.',
    ],
    see: { 'profiles.md': 'blocks to share over files', 'routes.md': 'how blocks are inherited' },
  },
  profiles: {
    title: 'Profiles',
    summary: 'Named sets of blocks to share over files, taken by `use: NAME` in `defaults` or on a route.',
    example: `issuers:
  shop: { builtin: true, audience: orders-api }
profiles:
  signedIn:
    authenticate: jwt
    rateLimit: [{ by: user, limit: 600, per: 1m }]
routes:
  GET /orders:
    use: signedIn
    builtin: health
`,
    points: [
      'A profile holds guards, no destination, and uses no other profile.',
      'A limit in a profile is one counter for all routes that use it.',
    ],
    see: { 'defaults.md': 'blocks of one file', 'routes.md': 'how blocks are inherited' },
  },
  issuers: {
    title: 'Issuers',
    summary: 'Whose tokens are accepted: with which keys, which algorithms and for which audience.',
    example: `issuers:
  corp:
    issuer: https://login.example/
    audience: orders-api
    algorithms: [RS256, ES256]
    jwks: https://login.example/.well-known/jwks.json
    type: at+jwt
    leeway: 5s
    claims: { id: sub, scopes: scope, roles: /realm_access/roles, plan: plan }
    scopes: [orders:read, orders:write]
routes:
  GET /orders:
    authenticate: { jwt: { issuers: [corp] } }
    scopes: [orders:read]
    builtin: health
`,
    points: [
      'An issuer has `issuer`, `audience`, `algorithms` and one source of keys: `jwks`, `publicKeys` or `secret`.',
      'The algorithms are an allow-list, bound to the type of the key: the header of a token never chooses. A secret is at least 32 bytes.',
      '`exp` is required. `crit`, encrypted tokens and keys inside a token are refused.',
      'Without `claims`, the id is `sub`, the scopes are `scope`, `scopes` or `scp` (a text or a list), the roles `roles`.',
      'Keys of a `jwks` are fetched at the start and ahead of their end, and kept while the issuer is out of reach. An unknown `kid` makes a fetch at most every 30 s. Until the first answer its routes are 503 `keys_unavailable`.',
      'A `builtin` issuer with `refreshTtl` signs with keys of the database, which rotate. Without, it signs with a development key (`data/dev-key`), only while the server listens on a loopback address and `NODE_ENV` is not `production`.',
    ],
    see: {
      '../blocks/authenticate.md': 'which routes take its tokens',
      '../denials.md#token_invalid': 'what a bad token gets',
    },
  },
  roles: {
    title: 'Roles',
    summary: 'What each role can do to which kind of resource, under which conditions. A role is a list of rules.',
    example: `issuers:
  shop: { builtin: true, audience: orders-api }
roles:
  customer:
    - { can: [read, cancel], subject: Order, when: { ownerId: '\${user.id}' } }
  support:
    - { can: read, subject: Order }
    - { cannot: cancel, subject: Order, because: support never cancels }
  admin:
    - { can: manage, subject: all }
routes:
  GET /users/:id/orders:
    authenticate: jwt
    authorize: { action: read, subject: Order, resource: { ownerId: '\${params.id}' } }
    builtin: health
`,
    points: [
      '`manage` is every action, `all` every subject. `cannot` wins over `can`, in any order and any file.',
      'A caller without a token has the role `anonymous`.',
      'Conditions are all of `when`, on attributes or paths such as `owner.id`: a value, or one of the operators `$eq`, `$ne`, `$in`, `$nin`, `$lt`, `$lte`, `$gt`, `$gte`, `$all`, `$size`, `$exists`, `$elemMatch`, `$not`. `$and` and `$or` join conditions.',
      'Where an attribute is missing, an expression has no value or types differ, a `can` does not apply and a `cannot` does.',
      'A `can` with `fields` allows a route that names such a `field`, never the whole; a `cannot` with `fields` also forbids the whole.',
      'Where a route accepts several issuers, a rule that compares with `${user.id}` compares with `${user.issuer}` too, or says `because`.',
    ],
    see: { '../blocks/authorize.md': 'which routes ask the roles', '../expressions.md': 'values of conditions' },
  },
  schemas: {
    title: 'Schemas',
    summary: "Input schemas to share, by `$ref: '#/schemas/NAME'`.",
    example: `schemas:
  Sku: { type: string, pattern: '^[A-Z]{2}-[0-9]{4}$' }
  Line:
    type: object
    required: [sku, quantity]
    properties:
      sku: { $ref: '#/schemas/Sku' }
      quantity: { type: integer, minimum: 1, maximum: 999 }
routes:
  POST /orders:
    authenticate: public
    rateLimit: [{ by: ip, limit: 60, per: 1m }]
    input:
      body: { type: array, minItems: 1, maxItems: 50, items: { $ref: '#/schemas/Line' } }
    builtin: health
`,
    points: [
      'A schema may name itself: trees are judged to their depth.',
      'A `$ref` leads to a shared schema, nowhere else.',
    ],
    see: { '../input-schemas.md': 'every keyword', '../blocks/input.md': 'where schemas hold' },
  },
  values: {
    title: 'Values',
    summary: 'Typed values that environments change: `${value:NAME}`, replaced by `--values FILE`.',
    example: `values:
  page: https://shop.example
  perMinute: 60
routes:
  GET /products:
    authenticate: public
    cors: { origins: ['\${value:page}'] }
    rateLimit: [{ by: ip, limit: '\${value:perMinute}', per: 1m }]
    builtin: health
`,
    points: [
      'As a whole value, `${value:NAME}` keeps its type; inside a text it is written into it.',
      'The file of `--values` is one map. It replaces declared names by values of the same type, and nothing else: one structure for every environment.',
      'A value does not refer to other values. It may hold `${env:NAME}` and its like.',
    ],
    see: { '../expressions.md': 'everything that is written `${…}`', '../commands.md': '`--values`' },
  },
  settings: {
    title: 'Settings',
    summary: 'The server itself; one section in the whole directory.',
    example: `settings:
  listen: { host: '\${env:HOST:-127.0.0.1}', port: 8443, redirectFrom: 8080 }
  tls: { cert: '\${file:/etc/tls/tls.crt}', key: '\${secret:tls-key}' }
  trustedProxies: [10.0.0.0/8]
  secrets: { provider: file, dir: /run/secrets }
  limits: { body: 100kb, headers: 16kb, headersTimeout: 10s, requestTimeout: 30s, connections: 10000, requests: 10000, eventLoopDelay: 1s }
  shutdown: { delay: 5s, grace: 25s }
  audit:
    dir: data/audit
    retain: 400d
    events: [order.create]
    key: '\${secret:audit-key}'
    heads: { every: 1m, publish: [{ webhook: { url: https://witness.example, token: '\${secret:witness}' } }] }
routes:
  GET /health: { authenticate: public, builtin: health }
`,
    points: [
      '`--port` and `--host` of `serve` take the place of `listen`. Others than this machine are answered under `tls`, or where `listen.insecurePlain` says who encrypts in front.',
      'What [TLS](../../tls.md) is spoken, and how certificates change without a restart, has a page of its own.',
      '`X-Forwarded-*` and `Forwarded` count from `trustedProxies` alone, read from the right.',
      'The provider `env` reads `${secret:tls-key}` from `PORTCULLIS_SECRET_TLS_KEY`, `file` from `<dir>/tls-key`.',
      'A head that is late, or a body that is, gets 408. A head that is too large gets 431.',
      'Of what `requests` and `eventLoopDelay` refuse, [In production](../../production.md#overload) says more, and of [`shutdown`](../../production.md#shutdown).',
      '`serve` keeps an audit log unless `audit: off`; an app of your own keeps one where the section is written.',
      '`audit.key` is made by `openssl genpkey -algorithm ed25519`. Without it the log makes one and keeps it beside itself, which `serve` warns of in production.',
      'Each process writes a log of its own below `audit.dir`. `retain` removes whole files, oldest first; the log says so, and what is left can still be proved.',
    ],
    see: {
      '../blocks/audit.md': 'what a route puts on record',
      '../commands.md#serve': 'the command that serves',
      '../expressions.md': 'secrets and the environment',
    },
  },
} as const satisfies Readonly<Record<string, SectionNotes>>

export type SectionName = keyof typeof sectionNotes
