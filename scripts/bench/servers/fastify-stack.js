/** The Fastify stack: fast-jwt, its own ajv, @fastify/helmet, @fastify/cors, @fastify/rate-limit. */

import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import { createVerifier } from 'fast-jwt'
import Fastify from 'fastify'
import { audience, issuer, limit, origin, port, scope, secret } from '../agreed.ts'

const body = {
  type: 'object',
  required: ['sku', 'quantity', 'price', 'express'],
  additionalProperties: false,
  properties: {
    sku: { type: 'string', pattern: '^[A-Z0-9-]{4,32}$' },
    quantity: { type: 'integer', minimum: 1, maximum: 999 },
    price: { type: 'number', minimum: 0 },
    express: { type: 'boolean' },
    note: { type: 'string', maxLength: 500 },
  },
}
const answer = { type: 'object', properties: { id: { type: 'string' }, accepted: { type: 'boolean' } } }

function authenticateWith(verify) {
  return async (req, reply) => {
    const [scheme, token] = (req.headers.authorization ?? '').split(' ')
    if (scheme !== 'Bearer' || !token) return reply.code(401).send({ status: 'error', code: 'token_missing' })
    try {
      req.user = verify(token)
    } catch {
      return reply.code(401).send({ status: 'error', code: 'token_invalid' })
    }
  }
}

const authorize = async (req, reply) => {
  if (!req.user.scope.split(' ').includes(scope))
    return reply.code(403).send({ status: 'error', code: 'scope_missing' })
}

/** Listens; `cache` is fast-jwt's memory of tokens, `handler` what an allowed request reaches. */
export async function startFastifyStack({ cache, handler, register = async () => {} }) {
  const verify = createVerifier({ key: secret, algorithms: ['HS256'], allowedIss: issuer, allowedAud: audience, cache })
  const app = Fastify({ ajv: { customOptions: { coerceTypes: false, removeAdditional: false } } })
  await app.register(helmet)
  await app.register(cors, { origin, credentials: true })
  await app.register(rateLimit, {
    max: limit.calls,
    timeWindow: limit.seconds * 1000,
    hook: 'preValidation',
    keyGenerator: (req) => req.user.sub,
  })
  await register(app)
  app.setErrorHandler((error, _req, reply) =>
    reply
      .code(error.validation ? 422 : (error.statusCode ?? 500))
      .send({ status: 'error', code: error.validation ? 'input_invalid' : error.code }),
  )
  const onRequest = [authenticateWith(verify), authorize]
  app.post('/orders/:id', { onRequest, schema: { body, response: { 201: answer } } }, handler)
  await app.listen({ port, host: '127.0.0.1' })
}

/** What is not passed on is answered here. */
export const accept = async (req, reply) => {
  reply.code(201)
  return { id: req.params.id, accepted: true }
}
