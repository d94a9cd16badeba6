/** The stack that people write by hand: Koa, router, cors, helmet, jsonwebtoken, a limiter, a body parser, yup. */

import { bodyParser } from '@koa/bodyparser'
import cors from '@koa/cors'
import Router from '@koa/router'
import jwt from 'jsonwebtoken'
import Koa from 'koa'
import helmet from 'koa-helmet'
import { audience, issuer, origin, port, scope, secret } from '../agreed.ts'
import { order } from './order.ts'

const refuse = (ctx, status, code) => {
  ctx.status = status
  ctx.body = { status: 'error', code }
}

const authenticate = async (ctx, next) => {
  const [scheme, token] = (ctx.get('authorization') ?? '').split(' ')
  if (scheme !== 'Bearer' || !token) return refuse(ctx, 401, 'token_missing')
  try {
    ctx.state.user = jwt.verify(token, secret, { algorithms: ['HS256'], issuer, audience })
  } catch {
    return refuse(ctx, 401, 'token_invalid')
  }
  return next()
}

const limitBy = (consume) => async (ctx, next) => {
  try {
    ctx.set('X-RateLimit-Remaining', String(await consume(ctx.state.user.sub)))
  } catch {
    return refuse(ctx, 429, 'rate_limited')
  }
  return next()
}

const authorize = async (ctx, next) =>
  ctx.state.user.scope.split(' ').includes(scope) ? next() : refuse(ctx, 403, 'scope_missing')

const input = async (ctx, next) => {
  try {
    ctx.state.body = await order.validate(ctx.request.body, { abortEarly: false })
  } catch {
    return refuse(ctx, 422, 'input_invalid')
  }
  return next()
}

/** Listens; `consume` takes one call of a user and answers how many are left, or rejects. */
export function startKoaStack(consume) {
  const router = new Router()
  router.post('/orders/:id', authenticate, limitBy(consume), authorize, input, (ctx) => {
    ctx.status = 201
    ctx.body = { id: ctx.params.id, accepted: true }
  })
  const app = new Koa()
  app.use(helmet())
  app.use(cors({ origin, credentials: true }))
  app.use(bodyParser())
  app.use(router.routes())
  app.use(router.allowedMethods())
  app.listen(port, '127.0.0.1')
}
