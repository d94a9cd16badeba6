import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import test from 'ava'
import { UpstreamPools } from '../../src/services/upstreams/pools.ts'

test('gives one dispatcher a target, and another where anything about it differs', async (t) => {
  const upstreams = new UpstreamPools()
  t.teardown(() => upstreams.close())
  const origin = 'https://a.example'
  const first = await upstreams.dispatcher({ origin })
  t.is(await upstreams.dispatcher({ origin, ca: undefined }), first)
  for (const target of [{ origin: 'https://b.example' }, { origin, ca: 'x' }, { origin, serverName: 'x' }]) {
    t.not(await upstreams.dispatcher(target), first)
  }
})

test('fails what is asked of it after it was closed', async (t) => {
  const upstreams = new UpstreamPools()
  const dispatcher = await upstreams.dispatcher({ origin: 'http://127.0.0.1:1' })
  await upstreams.close()
  await t.throwsAsync(dispatcher.request({ path: '/', method: 'GET' }), { name: 'ClientDestroyedError' })
})

test.serial('opens a new connection after a minute, so that the name is looked up again', async (t) => {
  let connections = 0
  const server = createServer((_, res) => res.end()).on('connection', () => connections++)
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const upstreams = new UpstreamPools()
  const { now } = Date
  t.teardown(async () => {
    Date.now = now
    await upstreams.close()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const dispatcher = await upstreams.dispatcher({ origin: `http://127.0.0.1:${port}` })
  /** Counts the connections made so far, once the one that was used is free again. */
  const ask = async (after: number) => {
    Date.now = () => now() + after
    const { body } = await dispatcher.request({ path: '/', method: 'GET' })
    await body.dump()
    for (let turn = 0; turn < 3; turn++) await setImmediate()
    return connections
  }
  t.deepEqual([await ask(0), await ask(30_000), await ask(61_000)], [1, 1, 2])
})
