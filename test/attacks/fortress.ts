/** A policy with every block, before a destination; and a model of what it lets through, written from the policy alone. */

import type { Arrived } from './destination.ts'
import { issuersPolicy } from './issuers.ts'

/** Files of the policy; the limits of the server are short, so that broken requests end soon. */
export const fortress = (upstream: string): Readonly<Record<string, string>> => ({
  'shared.yaml': `
settings:
  limits: { body: 2kb, headers: 8kb, headersTimeout: 1s, requestTimeout: 1s }
${issuersPolicy}
roles:
  reader:
    - { can: read, subject: Thing, when: { ownerId: '\${user.id}' } }
  admin:
    - { can: manage, subject: all }
schemas:
  Name: { type: string, pattern: '^[a-z]{1,12}$' }
`,
  'things.yaml': `
service: things
prefix: /things
upstream: { url: '${upstream}', headers: { X-Plan: '\${user.claims.plan}' } }
defaults:
  authenticate: { jwt: { issuers: [shop] } }
  cors: { origins: ['https://shop.example', 'https://*.shop.example'], credentials: true }
  headers: { use: api, set: { X-Own: fortress } }
  rateLimit: [{ by: ip, limit: 1000000, per: 1m }, { by: user, limit: 1000000, per: 1m }]
  timeout: { head: 5s, idle: 5s }
routes:
  GET /:
    scopes: [things:read]
    input: { query: { page: { type: integer, minimum: 1, default: 1 }, q: { type: string, maxLength: 20 } } }
  POST /:
    scopes: [things:write]
    rateLimit: [inherit, { by: '\${body.name}', name: name, limit: 1000000, per: 1m }]
    input:
      body:
        type: object
        required: [name]
        properties: { name: { $ref: '#/schemas/Name' }, tags: { type: array, maxItems: 3, items: { type: string } } }
  GET /:id:
    scopes: { any: [things:read, things:all] }
    authorize: { action: read, subject: Thing, resource: { ownerId: '\${params.id}' } }
  DELETE /:id:
    scopes: [things:write]
    authorize: { action: delete, subject: Thing, resource: { ownerId: '\${params.id}' } }
`,
  'open.yaml': `
service: open
prefix: /open
upstream: ${upstream}
defaults:
  authenticate: [{ jwt: { issuers: [corp] } }, public]
  rateLimit: [{ by: ip, limit: 1000000, per: 1m }]
routes:
  ANY /any/*rest:
    input: { query: any, body: any, maxBytes: 1kb }
  PUT /loose:
    input: { body: { type: object, additionalProperties: true } }
  GET /inside:
    network: [192.0.2.0/24]
  GET /fixed: { reply: { body: fixed } }
  GET /health: { builtin: health }
`,
})

/** Whom the destination is told, out of the headers that the gate writes. */
const userOf = ({ headers }: Arrived) => ({
  id: headers['x-user-id'],
  issuer: headers['x-user-issuer'],
  scopes: String(headers['x-user-scopes'] ?? '').split(' '),
  roles: String(headers['x-user-roles'] ?? '').split(' '),
})

type Members = Readonly<Record<string, unknown>>
const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function readBody({ body }: Arrived): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    return undefined
  }
}

const isThing = (body: unknown): boolean =>
  isMembers(body) &&
  Object.keys(body).every((name) => name === 'name' || name === 'tags') &&
  typeof body.name === 'string' &&
  /^[a-z]{1,12}$/.test(body.name) &&
  (body.tags === undefined ||
    (Array.isArray(body.tags) && body.tags.length <= 3 && body.tags.every((tag) => typeof tag === 'string')))

const isPage = (query: string): boolean => {
  const entries = [...new URLSearchParams(query)]
  const names = entries.map(([name]) => name)
  return (
    names.every((name) => name === 'page' || name === 'q') &&
    new Set(names).size === names.length &&
    entries.every(([name, value]) =>
      name === 'page' ? Number(value) >= 1 && Number.isInteger(Number(value)) : [...value].length <= 20,
    )
  )
}

const neverGoUp = [
  'authorization',
  'x-user_id',
  'x_user_id',
  'x-forwarded-port',
  'forwarded',
  'x-real-ip',
  'te',
  'upgrade',
]

/** Why the policy would not have let this request through; nothing where it would. */
export function objection(request: Arrived): string | undefined {
  const carried = neverGoUp.find((name) => name in request.headers)
  if (carried !== undefined) return `carries ${carried}`
  const [path = '', ...queries] = request.url.split('?')
  const query = queries.join('?')
  if (path === '/things' || path.startsWith('/things/')) return objectionToThing(request, path, query)
  if (path.startsWith('/open/any/')) return request.body.length > 1024 ? 'a long body' : undefined
  if (path === '/open/loose' && request.method === 'PUT') {
    return query !== '' || !isMembers(readBody(request)) || request.body.length > 2048 ? 'no loose object' : undefined
  }
  return 'no such route to the destination'
}

function objectionToThing(request: Arrived, path: string, query: string): string | undefined {
  const { method, body } = request
  const { id, issuer, scopes, roles } = userOf(request)
  if (id === undefined || issuer !== 'https://shop.example/') return 'no user of shop'
  const reads = method === 'GET' || method === 'HEAD'
  if (path === '/things' && reads) {
    return scopes.includes('things:read') && isPage(query) && body.length === 0 ? undefined : 'no listing'
  }
  if (path === '/things' && method === 'POST') {
    return scopes.includes('things:write') && query === '' && isThing(readBody(request)) ? undefined : 'no thing'
  }
  const [, , name = '', ...more] = path.split('/')
  if (name === '' || more.length > 0 || query !== '' || body.length > 0) return 'no path of a thing'
  const owner = decodeURIComponent(name)
  if (reads && (scopes.includes('things:read') || scopes.includes('things:all'))) {
    return roles.includes('admin') || (roles.includes('reader') && owner === decodeURIComponent(String(id)))
      ? undefined
      : 'another owner'
  }
  if (method === 'DELETE' && scopes.includes('things:write')) return roles.includes('admin') ? undefined : 'no admin'
  return 'no right'
}
