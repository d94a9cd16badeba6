/** Answers that wait for their record, and clients that do not wait for their answer. */

import { once } from 'node:events'
import { connect } from 'node:net'
import test from 'ava'
import { deny } from '../../src/core/denial.ts'
import { bearer, only, openAudited, policies, reached, settle, startUpstream } from '../helpers/audited-gate.ts'
import { openGate } from '../helpers/gate.ts'

let stop: () => void
test.before(async () => {
  stop = await startUpstream()
})
test.after.always(() => stop())

test('answers a required read only once its record is on disk', async (t) => {
  const { gate, sink } = await openAudited(t)
  const { promise, resolve } = Promise.withResolvers<void>()
  sink.gate = promise
  let answered = false
  const asked = sink.change()
  const reply = gate.call('GET', '/api/required').then((got) => {
    answered = true
    return got
  })
  await asked
  await gate.call('GET', '/api/plain')
  t.false(answered)
  t.deepEqual(sink.records, [])
  resolve()
  t.is((await reply).status, 200)
  t.like(await only(sink), { event: 'data.read', outcome: 'allowed', status: 200 })
  t.is(typeof sink.records[0]?.milliseconds, 'number')
})

test('puts a required read, or its refusal, on record once', async (t) => {
  const audited = await openAudited(t)
  await audited.gate.call('GET', '/api/required')
  await audited.gate.call('GET', '/api/required/scoped', { headers: bearer() })
  await audited.gate.call('GET', '/api/required/scoped', { headers: bearer() })
  const records = await settle(audited)
  t.deepEqual(
    records.map(({ outcome, reason, count }) => [outcome, reason, count]),
    [
      ['allowed', undefined, undefined],
      ['denied', 'scope_missing', undefined],
      ['denied', 'scope_missing', undefined],
    ],
  )
})

test('answers 503 where a required record cannot be kept, and never records an allowed answer then', async (t) => {
  const audited = await openAudited(t)
  const { gate, sink } = audited
  sink.failing = true
  const replies = [
    await gate.call('GET', '/api/required'),
    await gate.call('GET', '/api/required/scoped', { headers: bearer() }),
    await gate.call('POST', '/api/required/scoped', { headers: bearer() }),
    await gate.call('POST', '/api/required'),
  ]
  for (const { status, body, headers } of replies) {
    t.is(status, 503)
    t.is(JSON.parse(body).code, 'audit_unavailable')
    t.is(headers['retry-after'], '1')
  }
  t.is(sink.commits, replies.length)
  const records = await settle(audited)
  t.deepEqual(
    records.map(({ outcome, reason, status }) => [outcome, reason, status]),
    ['failed', 'denied', 'denied', 'denied'].map((outcome) => [outcome, 'audit_unavailable', 503]),
  )
})

test('records the intent of a required change before it, and what came of it after', async (t) => {
  const audited = await openAudited(t)
  await audited.gate.call('POST', '/api/required')
  await audited.gate.call('POST', '/api/required/failing')
  t.is(audited.sink.commits, 2)
  const records = await settle(audited)
  t.deepEqual(
    records.map(({ event, outcome, status, route }) => [event, outcome, status, route]),
    [
      ['data.create', 'intended', undefined, 'POST /api/required'],
      ['data.create', 'allowed', 200, 'POST /api/required'],
      ['data.create', 'intended', undefined, 'POST /api/required/failing'],
      ['data.create', 'failed', 500, 'POST /api/required/failing'],
    ],
  )
})

test('records a client that goes away before its answer', async (t) => {
  const { gate, sink } = await openAudited(t)
  const asked = reached('POST')
  const socket = connect(gate.port, '127.0.0.1', () => {
    socket.write('POST /up/silent HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n')
  })
  await asked
  socket.destroy()
  t.like(await only(sink), { event: 'data.create', outcome: 'allowed', status: 499, aborted: true })
})

test('records a client once that goes away before a required answer is there', async (t) => {
  const audited = await openAudited(t)
  const asked = reached('GET')
  const socket = connect(audited.gate.port, '127.0.0.1', () => {
    socket.write('GET /up/silent HTTP/1.1\r\nHost: localhost\r\n\r\n')
  })
  const dropped = once((await asked).socket, 'close')
  socket.destroy()
  await dropped
  const records = await settle(audited)
  t.deepEqual(
    records.map(({ outcome, status, aborted }) => [outcome, status, aborted]),
    [['allowed', 499, true]],
  )
})

test('records a client once that goes away while its record is being written', async (t) => {
  for (const failing of [false, true]) {
    const audited = await openAudited(t)
    const { gate, sink } = audited
    const { promise, resolve } = Promise.withResolvers<void>()
    sink.gate = promise
    const ended = Promise.withResolvers<void>()
    const asked = sink.change()
    const socket = connect(gate.port, '127.0.0.1', () => {
      socket.write('GET /api/required HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: gone\r\n\r\n')
    })
    await asked
    socket.once('close', () => ended.resolve())
    socket.destroy()
    await ended.promise
    while (gate.world.metrics.inFlight > 0) await gate.call('GET', '/api/plain').then(() => new Promise(setImmediate))
    sink.failing = failing
    resolve()
    const records = await settle(audited)
    t.deepEqual(
      records.map(({ outcome, status, aborted }) => [outcome, status, aborted]),
      [failing ? ['allowed', 499, true] : ['allowed', 200, undefined]],
    )
  }
})

test('puts a denial on record that another observer puts in place of a recorded answer', async (t) => {
  const { gate, sink } = await openAudited(t, [{ answering: () => deny('internal_error') }])
  t.is((await gate.call('GET', '/api/required')).status, 500)
  const records = await sink.until(2)
  t.deepEqual(
    records.map(({ outcome, status }) => [outcome, status]),
    [
      ['allowed', 200],
      ['failed', 500],
    ],
  )
})

test('keeps nothing, and holds no answer, where there is no log', async (t) => {
  const gate = await openGate(policies())
  t.teardown(() => gate.close())
  t.is((await gate.call('GET', '/api/required')).status, 200)
  t.is((await gate.call('POST', '/api/required')).status, 200)
})
