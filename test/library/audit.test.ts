import { createServer } from 'node:http'
import test, { type ExecutionContext } from 'ava'
import Koa, { type Middleware } from 'koa'
import { makeReady } from '../../src/app.ts'
import { mount } from '../../src/enforce/mount.ts'
import { auditObserver } from '../../src/services/audit/observe.ts'
import { createLog } from '../../src/services/log.ts'
import { createWorld } from '../../src/services/world.ts'
import { listen, send } from '../handlers/gate.ts'
import { sunk } from '../helpers/audit-sink.ts'
import { writePolicies } from '../helpers/gate.ts'

const policies = `
service: app
defaults: { authenticate: public }
routes:
  POST /things: { handler: next }
  GET /required: { audit: { required: true }, handler: next }
  GET /limited: { audit: { required: true }, network: [192.0.2.0/24], handler: next }
`

/** An app with a gate before what it does, and a trail of what the gate decided. */
async function openApp(t: ExecutionContext, behind: Middleware) {
  const { trail, sink } = sunk()
  const world = { ...createWorld(createLog({ pretty: false, level: 'error' })), audit: trail }
  const ready = await makeReady(writePolicies({ 'app.yaml': policies }), { world, mounted: true })
  const observer = auditObserver(world)
  t.teardown(() => {
    observer.close()
    ready.close()
  })
  const app = new Koa()
  app.silent = true
  app.use(mount({ lease: () => ({ active: ready.active, release() {} }), world, observers: [observer] }))
  app.use(behind)
  const port = await listen(t, createServer(app.callback()))
  return { port, sink }
}

test('records what the app behind the gate answered', async (t) => {
  const { port, sink } = await openApp(t, (ctx) => {
    ctx.status = 202
  })
  await send(port, { method: 'POST', path: '/things' })
  await sink.until(1)
  t.like(sink.records[0], { event: 'data.create', outcome: 'allowed', status: 202, route: 'POST /things' })
})

test('has the intent of a required read on record before the app runs, and then what it answered', async (t) => {
  const atCall: unknown[] = []
  const { port, sink } = await openApp(t, (ctx) => {
    atCall.push(...sink.records.map(({ outcome }) => outcome))
    ctx.body = 'ok'
  })
  await send(port, { path: '/required' })
  await sink.until(2)
  t.deepEqual(atCall, ['intended'])
  t.like(sink.records[0], { event: 'data.read', outcome: 'intended', status: undefined })
  t.like(sink.records[1], { event: 'data.read', outcome: 'allowed', status: 200 })
})

test('records an app that fails as failed', async (t) => {
  const { port, sink } = await openApp(t, () => {
    throw new Error('broken')
  })
  await send(port, { method: 'POST', path: '/things' })
  await sink.until(1)
  t.like(sink.records[0], { event: 'data.create', outcome: 'failed', status: 500 })
})

test('does not let the app run where the record cannot be kept', async (t) => {
  let ran = false
  const { port, sink } = await openApp(t, (ctx) => {
    ran = true
    ctx.body = 'ok'
  })
  sink.failing = true
  t.is((await send(port, { path: '/required' })).status, 503)
  t.false(ran)
  t.is((await send(port, { path: '/limited' })).status, 503)
  await sink.until(2)
  t.deepEqual(
    sink.records.map(({ reason }) => reason),
    ['audit_unavailable', 'audit_unavailable'],
  )
})
