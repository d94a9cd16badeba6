/** A shop for browsers: its policies, with a route for every way to be answered, and the service behind them. */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export const username = 'alice'
export const password = 'seven sober otters sing'

/** The policies, before a service that is at this address. */
export const shopFiles = (upstream: string): Readonly<Record<string, string>> => ({
  'handlers.ts': `
export const find = () => null
export const fail = () => { throw new Error('a fault of the handler') }
`,
  'shop.yaml': `
settings:
  tls: { cert: '\${file:tls.crt}', key: '\${file:tls.key}' }
  shutdown: { delay: 0s }
issuers:
  shop: { builtin: true, audience: shop-api, refreshTtl: 30d, scopes: [orders:read, orders:write] }
roles:
  anonymous: [{ can: read, subject: Thing }]
service: shop
upstream: '${upstream}'
defaults:
  authenticate: public
  cors:
    origins: ['https://shop.example', 'https://www.shop.example', 'https://*.partner.example', 'http://old.example']
    credentials: true
    headers: [Authorization, X-Shop]
  csrf: { origins: ['https://shop.example'] }
  rateLimit: [{ by: ip, limit: 1000000, per: 1m }]
routes:
  GET /: { input: { query: any } }
  POST /: { input: { body: any } }
  PUT /: { input: { body: any } }
  DELETE /: {}
  GET /cached: { input: { query: any } }
  GET /tagged: {}
  GET /moved: { input: { query: any } }
  PUT /moved: { input: { query: any, body: any } }
  GET /kept: { cors: { origins: ['https://shop.example'], headers: [X-Shop], maxAge: 10m } }
  GET /forgotten: { cors: { origins: ['https://shop.example'], headers: [X-Shop], maxAge: 1s } }
  GET /anyone: { cors: { origins: ['*'], expose: [X-Own] } }
  GET /nobody: { cors: off }
  POST /login: { builtin: { login: cookie } }
  GET /me: { authenticate: session, builtin: me }
  POST /orders: { authenticate: session, input: { body: any } }
  GET /token: { authenticate: jwt }
  POST /errors/malformed: { input: { body: { type: object } } }
  GET /errors/unknown: { authenticate: jwt }
  GET /errors/forbidden: { authenticate: jwt, scopes: [orders:write] }
  GET /errors/none: { authorize: { action: read, subject: Thing, resource: './handlers.ts#find' } }
  POST /errors/large: { input: { body: { type: object }, maxBytes: 1kb } }
  POST /errors/streamed: { input: { body: any, maxBytes: 1kb } }
  GET /errors/often: { rateLimit: [{ by: ip, limit: 1, per: 1h }] }
  GET /errors/fault: { handler: './handlers.ts#fail' }
  GET /errors/broken: {}
  GET /errors/slow: { timeout: 200ms }
`,
})

/** What the service was asked, as `METHOD path`, by the origin that asked. */
export interface Service {
  readonly url: string
  readonly asked: { readonly what: string; readonly origin: string | undefined }[]
  close(): void
}

/** It says of itself that anyone may read, and sets a cookie: neither counts where the policy says otherwise. */
const openHeaders = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Credentials': 'true',
  'Access-Control-Expose-Headers': 'X-Inner',
  'X-Inner': 'inner',
  'X-Own': 'own',
}

export async function openService(): Promise<Service> {
  const asked: Service['asked'] = []
  let answers = 0
  const server = createServer((req, res) => {
    const [path = '', query = ''] = (req.url ?? '').split('?')
    const { origin, cookie } = req.headers
    asked.push({ what: `${req.method} ${req.url}`, origin })
    if (path === '/errors/slow') return
    if (path === '/errors/broken') return void req.socket.destroy()
    const body = JSON.stringify({ answer: ++answers, cookie })
    const send = (status: number, headers: object) => void res.writeHead(status, { ...openHeaders, ...headers })
    if (path === '/cached') send(200, { 'Cache-Control': 'public, max-age=600' })
    else if (path === '/tagged' && req.headers['if-none-match'] === '"v1"') send(304, { ETag: '"v1"' })
    else if (path === '/tagged') send(200, { 'Cache-Control': 'no-cache', ETag: '"v1"' })
    else if (path === '/moved') send(307, { Location: decodeURIComponent(query) })
    else send(200, { Link: '</next>; rel=next', ETag: '"v1"', 'Content-Type': 'application/json' })
    res.end(res.statusCode === 304 ? undefined : body)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const close = () => {
    server.closeAllConnections()
    server.close()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, close }
}
