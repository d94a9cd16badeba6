/** Koa and its router alone: what a request costs before any policy. */

import Router from '@koa/router'
import Koa from 'koa'
import { port } from '../agreed.ts'

const router = new Router()
router.post('/orders/:id', (ctx) => {
  ctx.status = 201
  ctx.body = { id: ctx.params.id, accepted: true }
})

const app = new Koa()
app.use(router.routes())
app.use(router.allowedMethods())
app.listen(port, '127.0.0.1')
