/** The stack that people write by hand: Koa, router, cors, helmet, jsonwebtoken, a limiter, a body parser, yup. */

import { bodyParser } from '@koa/bodyparser'
import cors from '@koa/cors'
import Router from '@koa/router'
import jwt from 'jsonwebtoken'
import Koa from 'koa'
import helmet from 'koa-helmet'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import * as yup from 'yup'

const secret = process.env.BENCH_SECRET
const limiter = new RateLimiterMemory({ points: 100_000_000, duration: 60 })
const order = yup
  .object({
    sku: yup.string().strict().matches(/^[A-Z0-9-]{4,32}$/).required(),
    quantity: yup.number().strict().integer().min(1).max(999).required(),
    price: yup.number().strict().min(0).required(),
    express: yup.boolean().strict().required(),
    note: yup.string().strict().max(500),
  })
  .noUnknown()
  .strict()

const refuse = (ctx, status, code) => {
  ctx.status = status
  ctx.body = { status: 'error', code }
}

const authenticate = async (ctx, next) => {
  const [scheme, token] = (ctx.get('authorization') ?? '').split(' ')
  if (scheme !== 'Bearer' || !token) return refuse(ctx, 401, 'token_missing')
  try {
    ctx.state.user = jwt.verify(token, secret, {
      algorithms: ['HS256'],
      issuer: 'https://login.example/',
      audience: 'orders-api',
    })
  } catch {
    return refuse(ctx, 401, 'token_invalid')
  }
  return next()
}

const limit = async (ctx, next) => {
  try {
    const { remainingPoints } = await limiter.consume(ctx.state.user.sub)
    ctx.set('X-RateLimit-Remaining', String(remainingPoints))
  } catch {
    return refuse(ctx, 429, 'rate_limited')
  }
  return next()
}

const scope = async (ctx, next) =>
  ctx.state.user.scope.split(' ').includes('orders:write') ? next() : refuse(ctx, 403, 'scope_missing')

const input = async (ctx, next) => {
  try {
    ctx.state.body = await order.validate(ctx.request.body, { abortEarly: false })
  } catch {
    return refuse(ctx, 422, 'input_invalid')
  }
  return next()
}

const router = new Router()
router.post('/orders/:id', authenticate, limit, scope, input, (ctx) => {
  ctx.status = 201
  ctx.body = { id: ctx.params.id, accepted: true }
})

const app = new Koa()
app.use(helmet())
app.use(cors({ origin: 'https://shop.example', credentials: true }))
app.use(bodyParser())
app.use(router.routes())
app.use(router.allowedMethods())
app.listen(Number(process.env.PORT), '127.0.0.1')
