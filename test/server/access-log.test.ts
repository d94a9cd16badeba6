/** The access log: what it says of an exchange, at which level, and what it leaves out. */

import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import test from 'ava'
import Koa from 'koa'
import { deny } from '../../src/core/denial.ts'
import { Exchange } from '../../src/core/exchange.ts'
import { accessLog } from '../../src/server/access-log.ts'
import { createLog } from '../../src/services/log.ts'

const req = new IncomingMessage(new Socket())
const ctx = new Koa().createContext(req, new ServerResponse(req))
const facts = {
  method: 'GET',
  path: '/orders/1',
  query: 'token=hunter2',
  host: 'shop.example',
  address: '198.51.100.7',
  secure: true,
  requestId: 'r1',
}
const source = { file: 'orders.yaml', line: 7 }
const route = {
  service: 'orders',
  method: 'GET',
  path: '/orders/:id',
  params: ['id'],
  prefix: '/orders',
  cost: 1,
  reportOnly: [],
  source,
}
const judge = { guard: 'scopes', source }
const outcome = { status: 200, milliseconds: 1.26, aborted: false }

function observe(change: (exchange: Exchange) => void, changed: Partial<typeof outcome> = {}) {
  const lines: string[] = []
  const log = createLog({ pretty: false, level: 'debug', destination: { write: (line) => void lines.push(line) } })
  const exchange = new Exchange(ctx, facts)
  exchange.route = route
  change(exchange)
  accessLog(log).finished?.(exchange, { ...outcome, ...changed })
  const { time: _, ...line } = JSON.parse(lines.join(''))
  return line
}

const common = { requestId: 'r1', address: '198.51.100.7', method: 'GET', route: 'GET /orders/:id', milliseconds: 1.3 }

test('logs an allowed exchange at debug, without path and query', (t) => {
  t.deepEqual(
    observe(() => {}),
    { ...common, level: 'debug', status: 200, msg: 'GET /orders/:id → 200' },
  )
})

test('names the policies that judged it by their digest', (t) => {
  const line = observe((exchange) => {
    exchange.policy = 'd1'
  })
  t.is(line.digest, 'd1')
})

test('logs a denial at info, with the guard and its line of the policy', (t) => {
  const line = observe(
    ({ decision }) => {
      decision.denial = deny('scope_missing', { cause: 'lacks orders:read' })
      decision.judge = judge
    },
    { status: 403 },
  )
  t.deepEqual(line, {
    ...common,
    level: 'info',
    status: 403,
    code: 'scope_missing',
    cause: 'lacks orders:read',
    guard: 'scopes',
    policy: 'orders.yaml:7',
    msg: 'GET /orders/:id → 403 scope_missing',
  })
})

test('logs what a report-only guard would refuse at info', (t) => {
  const line = observe(({ decision }) => void decision.reported.push({ judge, denial: deny('scope_missing') }))
  t.is(line.level, 'info')
  t.deepEqual(line.reported, [{ guard: 'scopes', policy: 'orders.yaml:7', code: 'scope_missing' }])
})

test('logs a failure at warn, and an upgrade that is not offered at info', (t) => {
  t.is(observe(() => {}, { status: 502 }).level, 'warn')
  const upgrade = observe(
    ({ decision }) => {
      decision.denial = deny('upgrade_unsupported')
    },
    { status: 501 },
  )
  t.deepEqual([upgrade.level, upgrade.cause], ['info', 'Protocol upgrades are not supported'])
})

test('logs a client that went away as aborted', (t) => {
  const line = observe(() => {}, { aborted: true })
  t.true(line.aborted)
  t.is(line.msg, 'GET /orders/:id → aborted')
})

test('logs the path, cut short, where no route was met', (t) => {
  const lines: string[] = []
  const log = createLog({ pretty: false, level: 'debug', destination: { write: (line) => void lines.push(line) } })
  accessLog(log).finished?.(new Exchange(ctx, { ...facts, path: `/${'a'.repeat(9999)}` }), { ...outcome, status: 404 })
  t.is(JSON.parse(lines.join('')).path.length, 256)
  t.notRegex(lines.join(''), /hunter2/)
})
