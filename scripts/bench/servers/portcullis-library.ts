/** Portcullis as a library: the gate in front of the router of someone's own Koa app. */

import Router from '@koa/router'
import Koa from 'koa'
import { portcullis } from '../../../src/index.ts'
import { port } from '../agreed.ts'

const gate = await portcullis(process.env.BENCH_POLICIES ?? '').open()
const router = new Router()
router.post('/orders/:id', (ctx) => {
  ctx.status = 201
  ctx.body = { id: ctx.params.id, accepted: true }
})

const app = new Koa()
app.use(gate.middleware)
app.use(router.routes())
app.listen(port, '127.0.0.1')
