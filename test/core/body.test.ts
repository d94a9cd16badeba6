/** Reading a body: however it comes, the same bytes, once, and the connection goes on. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { Body } from '../../src/core/body.ts'
import { Denial } from '../../src/core/denial.ts'
import { RawClient } from '../helpers/raw.ts'

/** Answers what it read of the body, or the code of the refusal. */
async function serve(t: ExecutionContext, maxBytes = 1000, before = async (): Promise<void> => {}): Promise<number> {
  const server = createServer(async (req, res) => {
    const body = new Body(req, res)
    await before()
    const read = await body.read(maxBytes)
    res.end(read instanceof Denial ? read.code : read)
  })
  server.on('checkContinue', (req, res) => server.emit('request', req, res))
  t.teardown(() => void server.close().closeAllConnections())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return (server.address() as AddressInfo).port
}

const head = (length: number, more = '') => `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n${more}\r\n`
const chunked = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'

const ways: Readonly<Record<string, readonly string[]>> = {
  'along with its head': [`${head(5)}hello`],
  'after its head': [head(5), 'hello'],
  'in two halves': [`${head(5)}he`, 'llo'],
  'byte by byte': [head(5), ...'hello'],
  'in chunks at once': [`${chunked}2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n`],
  'in chunks one by one': [chunked, '2\r\nhe\r\n', '3\r\nllo\r\n', '0\r\n\r\n'],
}

for (const [way, pieces] of Object.entries(ways)) {
  test(`reads a body that comes ${way}, and the next request on its connection`, async (t) => {
    const client = await RawClient.connect(await serve(t))
    for (let request = 0; request < 2; request++) {
      for (const piece of pieces) {
        client.send(piece)
        await new Promise((resolve) => setImmediate(resolve))
      }
      t.is((await client.answer()).body, 'hello')
    }
  })
}

test('keeps the bodies of requests apart that come at once', async (t) => {
  const client = await RawClient.connect(await serve(t))
  client.send(`${head(5)}hello${head(3)}one${chunked}3\r\ntwo\r\n0\r\n\r\n${head(5)}three`)
  for (const body of ['hello', 'one', 'two', 'three']) t.is((await client.answer()).body, body)
})

test('reads a body that waited for whoever was asked before', async (t) => {
  const port = await serve(t, 1000, () => new Promise((resolve) => setImmediate(() => setImmediate(resolve))))
  for (const pieces of [[`${head(5)}hello`], [head(5), 'hello'], [`${chunked}5\r\nhello\r\n0\r\n\r\n`]]) {
    const client = await RawClient.connect(port)
    for (const piece of pieces) client.send(piece)
    t.is((await client.answer()).body, 'hello')
  }
})

test('refuses a body beyond the limit, declared or not', async (t) => {
  const port = await serve(t, 4)
  for (const request of [`${head(5)}hello`, head(5), `${chunked}5\r\nhello\r\n0\r\n\r\n`, `${chunked}5\r\nhello`]) {
    t.is((await (await RawClient.connect(port)).send(request).answer()).body, 'body_too_large')
  }
})

test('invites a body of HTTP/1.1 that waits to be invited', async (t) => {
  const client = await RawClient.connect(await serve(t))
  t.is((await client.send(head(5, 'Expect: 100-continue\r\n')).answer()).status, 100)
  t.is((await client.send('hello').answer()).body, 'hello')
})

test('invites nothing of HTTP/1.0, which would take the invitation for the answer', async (t) => {
  const client = await RawClient.connect(await serve(t))
  client.send('POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello')
  t.is((await client.answer()).status, 200)
})
