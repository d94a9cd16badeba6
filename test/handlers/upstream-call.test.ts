/** What becomes of a call before it is sent, and after its connection was stale. */

import test from 'ava'
import { Denial } from '../../src/core/denial.ts'
import { AnsweredCall } from '../../src/handlers/upstream/call.ts'
import type { AnswerReceiver, UpstreamCall } from '../../src/services/upstreams/upstreams.ts'
import { answerWith, serve } from '../services/upstreams/serve.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))
const idle: UpstreamCall = { pause() {}, resume() {}, abort() {} }
const request = { method: 'GET', path: '/', lines: '', body: undefined } as const

test('a call that is cancelled within its turn is never sent', async (t) => {
  let sent = 0
  const calls = {
    call() {
      sent++
      return idle
    },
  }
  const call = new AnsweredCall(calls, request, { retriable: true, cookies: [], lengthOfBody: () => undefined })
  call.cancel()
  t.true((await call.answer) instanceof Denial)
  await turn()
  t.is(sent, 0)
  new AnsweredCall(calls, request, { retriable: true, cookies: [], lengthOfBody: () => undefined })
  await turn()
  t.is(sent, 1)
})

test('tries no third time', async (t) => {
  let sent = 0
  const stale = Object.assign(new Error('other side closed'), { code: 'ECONNRESET' })
  const calls = {
    call(_: unknown, receiver: AnswerReceiver) {
      sent++
      setImmediate(() => receiver.failed(stale, true))
      return idle
    },
  }
  const { answer } = new AnsweredCall(calls, request, { retriable: true, cookies: [], lengthOfBody: () => undefined })
  t.like(await answer, { code: 'upstream_failed', cause: 'ECONNRESET other side closed' })
  t.is(sent, 2)
})

test('a call whose kept connection is gone is sent again on a new one, though others seem to be kept', async (t) => {
  const upstream = await serve(t)
  const asked = Array.from({ length: 5 }, () => upstream.ask())
  await upstream.peer(4)
  for (const peer of upstream.peers) {
    await peer.head()
    peer.send(answerWith('ok'))
  }
  for (const one of asked) await one.whole()
  const { answer } = new AnsweredCall(upstream.calls, request, {
    retriable: true,
    cookies: [],
    lengthOfBody: () => undefined,
  })
  const carrier = await Promise.any(upstream.peers.map((peer) => peer.head().then(() => peer)))
  for (const { socket } of [carrier, ...upstream.peers]) socket.end()
  const added = await upstream.peer(5)
  await added.head()
  added.send(answerWith('fresh'))
  t.like(await answer, { status: 200, body: Buffer.from('fresh') })
})
