/** The same in Express 5: helmet, cors, express.json, jsonwebtoken, rate-limiter-flexible, yup. */

import cors from 'cors'
import express from 'express'
import helmet from 'helmet'
import jwt from 'jsonwebtoken'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { audience, issuer, limit, origin, port, scope, secret } from '../agreed.ts'
import { order } from './order.ts'

const limiter = new RateLimiterMemory({ points: limit.calls, duration: limit.seconds })

const refuse = (res, status, code) => void res.status(status).json({ status: 'error', code })

const authenticate = (req, res, next) => {
  const [scheme, token] = (req.get('authorization') ?? '').split(' ')
  if (scheme !== 'Bearer' || !token) return refuse(res, 401, 'token_missing')
  try {
    req.user = jwt.verify(token, secret, { algorithms: ['HS256'], issuer, audience })
  } catch {
    return refuse(res, 401, 'token_invalid')
  }
  next()
}

const limitUser = async (req, res, next) => {
  try {
    const { remainingPoints } = await limiter.consume(req.user.sub)
    res.set('X-RateLimit-Remaining', String(remainingPoints))
  } catch {
    return refuse(res, 429, 'rate_limited')
  }
  next()
}

const authorize = (req, res, next) =>
  req.user.scope.split(' ').includes(scope) ? next() : refuse(res, 403, 'scope_missing')

const input = async (req, res, next) => {
  try {
    req.order = await order.validate(req.body, { abortEarly: false })
  } catch {
    return refuse(res, 422, 'input_invalid')
  }
  next()
}

const app = express()
app.use(helmet())
app.use(cors({ origin, credentials: true }))
app.use(express.json())
app.post('/orders/:id', authenticate, limitUser, authorize, input, (req, res) => {
  res.status(201).json({ id: req.params.id, accepted: true })
})
app.listen(port, '127.0.0.1')
