/** Bodies that fail in the same turn in which their call is over: their error then comes when nobody waits for it. */

import { PassThrough } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import test from 'ava'
import { serve } from './serve.ts'

const gone = new Error('the client is gone')

test('the error of a body whose call was given up just before is nobody’s, and ends nothing', async (t) => {
  const upstream = await serve(t)
  const body = new PassThrough()
  const asked = upstream.ask({ method: 'POST', body })
  const peer = await upstream.peer(0)
  await peer.head()
  body.write('first')
  await peer.until((text) => text.includes('first'))
  // `once` of node:events would listen to errors itself.
  const closed = new Promise((resolve) => body.once('close', resolve))
  body.destroy(gone)
  asked.call.abort(new Error('the exchange is over'))
  await asked.failure()
  await closed
  await setImmediate()
  t.deepEqual([body.listenerCount('error'), body.listenerCount('close')], [0, 0])
})
