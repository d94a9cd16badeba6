/** One rich policy: every block, its routes side by side, judged by the model; and routes beyond the model, which reach nobody. */

import { anyDestination, type Policy, type Route } from './policy.ts'

const because = 'the fuzzer wants it'
const jwt = { jwt: { issuers: ['shop'] } }
const body = {
  type: 'object',
  required: ['name'],
  properties: {
    name: { $ref: '#/schemas/Name' },
    note: { type: 'string', maxLength: 20, transform: ['trim'] },
    tags: { type: 'array', maxItems: 3, items: { type: 'string', maxLength: 8 } },
    size: { type: ['integer', 'null'], minimum: 0, maximum: 99 },
    constructor: { type: 'boolean' },
  },
}
const page = {
  page: { type: 'integer', minimum: 1, default: 1 },
  q: { type: 'string', maxLength: 20 },
  tag: { type: 'array', maxItems: 2, items: { type: 'string', pattern: '^[a-z]+$' } },
}
const owned = { subject: 'Thing', resource: { ownerId: '${params.id}', kind: '${user.claims.plan}', size: 3 } }

const things: Readonly<Record<string, Route>> = {
  'GET /': { because, scopes: ['things:read'], input: { query: page } },
  'POST /': {
    because,
    scopes: ['things:write'],
    rateLimit: ['inherit', { by: '${body.name}', name: 'own', limit: 1_000_000, per: '1m' }],
    input: { body, maxBytes: '1kb' },
  },
  'GET /:id': { because, scopes: { any: ['things:read', 'things:admin'] }, authorize: { action: 'read', ...owned } },
  'DELETE /:id': { because, authorize: { action: 'remove', ...owned, hide: true } },
  'PUT /:id': {
    because,
    authenticate: ['session', jwt, 'apiKey'],
    csrf: { origins: ['https://app.example'] },
    input: { params: { id: { type: 'string', pattern: '^[a-z]{1,8}$' } }, body, bodyRequired: false },
  },
  'PATCH /:id': {
    because,
    reportOnly: ['input', 'scopes'],
    scopes: ['things:admin'],
    input: {
      headers: { 'X-Own': { type: 'integer', minimum: 3, required: true } },
      cookies: { theme: { enum: ['a', 'b'] } },
    },
    upstream: { url: anyDestination, prefix: '/other', headers: { 'X-Plan': '${user.claims.plan}' } },
  },
  'GET /:id/fresh': { because, authenticate: { jwt: { issuers: ['shop'], acr: 'mfa', maxAge: '1h' } } },
}

const open: Readonly<Record<string, Route>> = {
  'ANY /any/*rest': { because, input: { query: 'any', body: 'any', maxBytes: '1kb' } },
  'PUT /loose': { because, input: { body: { type: 'object', additionalProperties: true } } },
  'GET /inside': { because, network: ['192.0.2.0/24'] },
  'GET /key': { because, authenticate: ['apiKey', 'public'], scopes: ['things:read'] },
  'POST /session': { because, authenticate: ['session', 'public'], input: { body: 'any' } },
  'GET /fixed': { because, reply: { status: 200, body: 'fixed' } },
}

const limits = { rateLimit: [{ by: 'ip', name: 'ip', limit: 1_000_000, per: '1m' }] } as const

export const citadel: Policy = {
  settings: {},
  schemas: { Name: { type: 'string', pattern: '^[a-z]{1,12}$' } },
  roles: {
    reader: [{ can: 'read', subject: 'Thing', when: { ownerId: '${user.id}' }, because }],
    writer: [
      { can: ['read', 'remove'], subject: 'Thing', when: { ownerId: 'x', kind: 'pro' }, because },
      { cannot: 'remove', subject: 'Thing', when: { size: { $gte: 9 } }, because },
    ],
    admin: [{ can: 'manage', subject: 'all', because }],
  },
  profiles: {
    p: {
      headers: { use: 'api', set: { 'X-Own-Mark': 'yes' } },
      cors: { origins: ['https://shop.example', 'https://*.shop.example'], credentials: true },
    },
  },
  files: [
    {
      service: 'things',
      prefix: '/things',
      upstream: anyDestination,
      defaults: { use: 'p', authenticate: jwt, ...limits },
      routes: things,
    },
    {
      service: 'open',
      prefix: '/open',
      upstream: anyDestination,
      defaults: { authenticate: [{ jwt: { issuers: ['corp'] } }, 'public'], ...limits },
      routes: open,
    },
    {
      service: 'away',
      host: ['*.away.example', 'away.example'],
      prefix: '/away',
      upstream: anyDestination,
      defaults: { authenticate: 'public', ...limits },
      routes: { 'GET /:id': { because } },
    },
  ],
}

/** What the model knows nothing of; none of it has a destination of its own. */
export const beyond = {
  service: 'beyond',
  prefix: '/beyond',
  defaults: { authenticate: 'public', rateLimit: [{ by: 'ip', limit: 1_000_000, per: '1m' }] },
  routes: {
    'POST /login': { builtin: 'login' },
    'POST /signin': { builtin: { login: 'cookie' } },
    'POST /refresh': { builtin: 'refresh' },
    'POST /logout': { authenticate: ['session', { jwt: { issuers: ['house'] } }], builtin: 'logout' },
    'GET /me': { authenticate: ['session', 'apiKey'], builtin: 'me' },
    'GET /health': { builtin: 'health' },
    'GET /metrics': { builtin: 'metrics' },
    'GET /openapi.json': { builtin: 'openapi' },
    'GET /jwks.json': { builtin: 'jwks' },
    'POST /form': {
      input: {
        contentTypes: ['application/x-www-form-urlencoded', 'multipart/form-data', 'application/json'],
        body: { type: 'object', properties: { name: { type: 'string', maxLength: 9 }, n: { type: 'integer' } } },
      },
      reply: { status: 200, body: 'taken' },
    },
    'POST /upload': {
      input: {
        body: { type: 'object', properties: { name: { type: 'string' } } },
        files: { picture: { maxBytes: '1kb' } },
      },
      reply: { status: 200, body: 'taken' },
    },
  },
}
