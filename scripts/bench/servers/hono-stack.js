/** The same in Hono on Node: its cors, secure headers, JWT and validator; rate-limiter-flexible, yup. */

import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { createMiddleware } from 'hono/factory'
import { verify } from 'hono/jwt'
import { secureHeaders } from 'hono/secure-headers'
import { validator } from 'hono/validator'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { audience, issuer, limit, origin, port, scope, secret } from '../agreed.ts'
import { order } from './order.ts'

const limiter = new RateLimiterMemory({ points: limit.calls, duration: limit.seconds })

const refuse = (c, status, code) => c.json({ status: 'error', code }, status)

const authenticate = createMiddleware(async (c, next) => {
  const [scheme, token] = (c.req.header('authorization') ?? '').split(' ')
  if (scheme !== 'Bearer' || !token) return refuse(c, 401, 'token_missing')
  try {
    c.set('user', await verify(token, secret, { alg: 'HS256', iss: issuer, aud: audience }))
  } catch {
    return refuse(c, 401, 'token_invalid')
  }
  await next()
})

const limitUser = createMiddleware(async (c, next) => {
  try {
    const { remainingPoints } = await limiter.consume(c.get('user').sub)
    c.header('X-RateLimit-Remaining', String(remainingPoints))
  } catch {
    return refuse(c, 429, 'rate_limited')
  }
  await next()
})

const authorize = createMiddleware(async (c, next) => {
  if (!c.get('user').scope.split(' ').includes(scope)) return refuse(c, 403, 'scope_missing')
  await next()
})

const input = validator('json', (value, c) =>
  order.validate(value, { abortEarly: false }).catch(() => refuse(c, 422, 'input_invalid')),
)

const app = new Hono()
app.use(secureHeaders())
app.use(cors({ origin, credentials: true }))
app.post('/orders/:id', authenticate, limitUser, authorize, input, (c) =>
  c.json({ id: c.req.param('id'), accepted: true }, 201),
)
serve({ fetch: app.fetch, port, hostname: '127.0.0.1' })
