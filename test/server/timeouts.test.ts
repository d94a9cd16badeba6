/** Requests that come too slowly, over raw sockets; one after the other, so that no other test makes them slower still. */

import test from 'ava'
import { bodyApp, echoApp, limits, startServer } from '../helpers/echo-server.ts'
import { RawClient } from '../helpers/raw.ts'

const hasty = { ...limits, headersTimeout: 300, requestTimeout: 600 }

test.serial('answers a head that comes too slowly with 408', async (t) => {
  const { port } = await startServer(t, echoApp(), { limits: hasty })
  const client = await RawClient.connect(port)
  const { status, body } = await client.send('GET / HTTP/1.1\r\nHost:').answer()
  t.is(status, 408)
  t.is(JSON.parse(body).code, 'request_timeout')
  t.is(await client.rest(), '')
})

test.serial('closes a connection over which nothing came, without a word', async (t) => {
  const { port } = await startServer(t, echoApp(), { limits: hasty })
  const client = await RawClient.connect(port)
  t.is(await client.rest(), '')
})

test.serial('answers a body that comes too slowly with 408', async (t) => {
  const { port } = await startServer(t, bodyApp(), { limits: hasty })
  const client = await RawClient.connect(port)
  const { status } = await client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab').answer()
  t.is(status, 408)
  t.is(await client.rest(), '')
})

test.serial('puts no 408 behind an answer that was given before the body was whole', async (t) => {
  const { port } = await startServer(t, echoApp(), { limits: hasty })
  const client = await RawClient.connect(port)
  t.is((await client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab').answer()).status, 200)
  t.is(await client.rest(), '')
})
