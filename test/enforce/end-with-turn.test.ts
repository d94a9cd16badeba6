/** Answers of one turn of the event loop are written one after the other, when all its requests were judged. */

import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import type { Exchange } from '../../src/core/exchange.ts'
import { serve, stack } from './harness.ts'

const ask = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n'

async function join(t: ExecutionContext, port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  return socket.setEncoding('utf8')
}

/** Sends the same to each of these connections at once, and resolves with what each got. */
function sendTogether(sockets: readonly Socket[], text: string): Promise<readonly string[]> {
  const answers = sockets.map(async (socket) => String((await once(socket, 'data'))[0]))
  for (const socket of sockets) socket.write(text)
  return Promise.all(answers)
}

test('an answer waits for the requests that came in its turn, and no longer', async (t) => {
  const responses: ServerResponse[] = []
  const unended: number[] = []
  const destination = ({ ctx }: Exchange) => {
    unended.push(responses.filter(({ writableEnded }) => !writableEnded).length)
    responses.push(ctx.res)
    return { status: 200, headers: [], body: 'a' }
  }
  const { port } = await serve(t, [stack('ANY /a', { destination })])
  const sockets = await Promise.all([join(t, port), join(t, port)])
  for (const socket of sockets) await sendTogether([socket], ask)
  t.deepEqual(unended, [0, 0], 'alone, nothing waits')
  for (const answer of await sendTogether(sockets, ask)) t.regex(answer, /^HTTP\/1\.1 200 OK\r\n/)
  t.deepEqual(unended.slice(2), [0, 1])
})

test('nobody else writes while an answer waits', async (t) => {
  const destination = ({ ctx: { res } }: Exchange) => {
    process.nextTick(() => {
      res.write('from a handler that goes on')
      res.end()
    })
    return { status: 200, headers: [], body: 'a' }
  }
  const { port } = await serve(t, [stack('ANY /a', { destination })])
  const socket = await join(t, port)
  for (let time = 0; time < 3; time++) {
    const [answer = ''] = await sendTogether([socket], ask)
    t.regex(answer, /\r\n\r\na$/)
  }
})

test('pipelined requests are answered in their order', async (t) => {
  let count = 0
  const destination = () => ({ status: 200, headers: [], body: String(++count) })
  const { port } = await serve(t, [stack('ANY /a', { destination })])
  const socket = await join(t, port)
  let read = ''
  socket.on('data', (text) => {
    read += text
  })
  socket.write(ask.repeat(20))
  while (count < 20 || !read.endsWith('\r\n\r\n20')) await once(socket, 'data')
  t.deepEqual(
    [...read.matchAll(/\r\n\r\n(\d+)/g)].map(([, nth]) => Number(nth)),
    [...Array(20).keys()].map((n) => n + 1),
  )
})

test('what listens for the end of an answer is in the context of its own request', async (t) => {
  const storage = new AsyncLocalStorage<string>()
  const seen: string[] = []
  const destination = ({ ctx: { req, res } }: Exchange) => {
    const name = String(req.headers['x-name'])
    storage.enterWith(name)
    res.once('finish', () => seen.push(`${name} in ${storage.getStore()}`))
    return { status: 200, headers: [], body: name }
  }
  const { port } = await serve(t, [stack('ANY /a', { destination })])
  const sockets = await Promise.all(['one', 'two', 'three'].map(() => join(t, port)))
  const answers = sockets.map((socket) => once(socket, 'data'))
  for (const [nth, socket] of sockets.entries()) socket.write(ask.replace('\r\n\r\n', `\r\nX-Name: ${nth}\r\n\r\n`))
  await Promise.all(answers)
  t.deepEqual(seen.toSorted(), ['0 in 0', '1 in 1', '2 in 2'])
})
