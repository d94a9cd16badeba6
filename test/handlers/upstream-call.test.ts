/** A call of an upstream that is over before it was sent. */

import test from 'ava'
import { Denial } from '../../src/core/denial.ts'
import { UpstreamCall } from '../../src/handlers/upstream/call.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('a call that is cancelled within its turn is never sent', async (t) => {
  let sent = 0
  const dispatcher = { dispatch: () => ++sent > 0 }
  const options = { method: 'GET', path: '/', headers: [], body: null } as const
  const call = new UpstreamCall(dispatcher, options, { retriable: true, cookies: [] })
  call.cancel()
  t.true((await call.answer) instanceof Denial)
  await turn()
  t.is(sent, 0)
  new UpstreamCall(dispatcher, options, { retriable: true, cookies: [] })
  await turn()
  t.is(sent, 1)
})
