import { EventEmitter, once } from 'node:events'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import test, { type ExecutionContext } from 'ava'
import { openPublisher } from '../../../../src/services/audit/publish/publishers.ts'
import type { OutgoingTls } from '../../../../src/services/tls/outgoing.ts'
import { Agenda } from '../../../fixtures/tokens/agenda.ts'
import { makeCertificates } from '../../../helpers/certificates.ts'
import { freePort } from '../../../helpers/free-port.ts'
import { headOf } from '../../../helpers/heads.ts'
import { notedWorld } from '../../../helpers/noted-world.ts'
import { until } from '../../../helpers/until.ts'

const { ca, local, gate } = makeCertificates()

interface Received {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

type Answer = (response: ServerResponse, request: Received) => void
const accept: Answer = (response) => response.writeHead(204).end()
const refuse: Answer = (response) => response.writeHead(503).end('not now')

class Webhook extends EventEmitter {
  readonly received: Received[] = []
  answer: Answer = accept
  readonly #asking: object
  #server: Server | undefined

  /** `asking` is how it asks for a certificate. */
  constructor(asking: object = {}) {
    super()
    this.#asking = asking
  }

  async start(port = 0): Promise<string> {
    const server = createServer({ cert: local.cert, key: local.key, ...this.#asking }, async (request, response) => {
      const { method, url, headers } = request
      const received = { method, url, headers, body: await text(request) }
      this.received.push(received)
      this.answer(response, received)
      this.emit('received')
    })
    this.#server = server as Server
    await once(server.listen(port, '127.0.0.1'), 'listening')
    return `https://localhost:${(server.address() as AddressInfo).port}/heads?log=gate`
  }

  stop(): void {
    this.#server?.closeAllConnections()
    this.#server?.close()
  }
}

interface Given extends OutgoingTls {
  readonly token?: string
}

async function open(t: ExecutionContext, settings: Given = { ca }, webhook = new Webhook()) {
  const [world, agenda] = [notedWorld(), new Agenda()]
  t.teardown(() => webhook.stop())
  const url = await webhook.start()
  const publisher = await openPublisher({ webhook: { url, ...settings } }, world, agenda.later)
  t.teardown(() => publisher.close())
  const count = (result: string) => world.metrics.auditHeads.of({ publisher: 'webhook', result })
  return { webhook, world, agenda, publisher, count, url }
}

test('posts the note as it is, with the token', async (t) => {
  const { webhook, publisher, count } = await open(t, { ca, token: 't0ken' })
  publisher.publish(headOf(1), 'passing')
  await until(() => count('published') === 1)
  const [received] = webhook.received
  t.is(received?.body, headOf(1))
  t.is(received?.method, 'POST')
  t.is(received?.url, '/heads?log=gate')
  t.is(received?.headers['content-type'], 'text/plain; charset=utf-8')
  t.is(received?.headers.authorization, 'Bearer t0ken')
})

test('a head that is refused is sent again, and the newest in its place; one that lasts stays', async (t) => {
  const { webhook, world, agenda, publisher, count } = await open(t)
  webhook.answer = refuse
  publisher.publish(headOf(1), 'passing')
  await until(() => agenda.next !== undefined)
  t.deepEqual(
    [...world.status.faults],
    [['audit/heads/webhook', 'an audit head could not be published: the answer was 503']],
  )
  publisher.publish(headOf(2), 'passing')
  publisher.publish(headOf(3), 'lasting')
  publisher.publish(headOf(4), 'passing')
  publisher.publish(headOf(5), 'passing')
  webhook.answer = accept
  agenda.entries.shift()?.run()
  await until(() => count('published') === 2)
  t.deepEqual(
    webhook.received.map(({ body }) => body),
    [headOf(1), headOf(3), headOf(5)],
  )
  t.is(count('superseded'), 3)
  t.is(count('failed'), 1)
  t.is(world.status.faults.size, 0)
  t.is(world.lines.filter((line) => line.includes('could not be published')).length, 1)
  t.is(world.lines.filter((line) => line.includes('published again')).length, 1)
})

test('a newer head takes the place of one that fails on its way', async (t) => {
  const { webhook, agenda, publisher, count } = await open(t)
  webhook.answer = (response) => {
    publisher.publish(headOf(2), 'passing')
    refuse(response, webhook.received[0] as Received)
  }
  publisher.publish(headOf(1), 'passing')
  await until(() => agenda.next !== undefined)
  webhook.answer = accept
  agenda.entries.shift()?.run()
  await until(() => count('published') === 1)
  t.deepEqual(
    webhook.received.map(({ body }) => body),
    [headOf(1), headOf(2)],
  )
  t.is(count('superseded'), 1)
})

test('waits longer after each failure, a minute at most', async (t) => {
  const { webhook, agenda, publisher } = await open(t)
  webhook.answer = refuse
  publisher.publish(headOf(1), 'passing')
  const delays: (number | undefined)[] = []
  await until(() => agenda.next !== undefined)
  for (let i = 0; i < 4; i++) {
    delays.push(agenda.next)
    await agenda.renew()
  }
  t.deepEqual(delays, [1000, 2000, 4000, 8000])
})

test('nobody listens at the start: the head goes out once somebody does', async (t) => {
  const [webhook, world, agenda, port] = [new Webhook(), notedWorld(), new Agenda(), await freePort()]
  t.teardown(() => webhook.stop())
  const settings = { webhook: { url: `https://localhost:${port}/`, ca } }
  const publisher = await openPublisher(settings, world, agenda.later)
  publisher.publish(headOf(7), 'passing')
  await until(() => agenda.next !== undefined)
  t.regex([...world.status.faults.values()].join(), /could not be published: .*ECONNREFUSED/)
  await webhook.start(port)
  agenda.entries.shift()?.run()
  await until(() => webhook.received.length === 1)
  await publisher.close()
  t.is(webhook.received[0]?.body, headOf(7))
})

test('sends nothing to a server that it does not trust', async (t) => {
  const { webhook, world, agenda, publisher } = await open(t, { token: 't0ken' })
  publisher.publish(headOf(1), 'passing')
  await until(() => agenda.next !== undefined)
  t.regex([...world.status.faults.values()].join(), /could not be published: .*certificate/)
  t.is(webhook.received.length, 0)
})

const asking = { ca, requestCert: true, rejectUnauthorized: true }

test('shows its certificate to a server that asks for one', async (t) => {
  const { webhook, publisher, count } = await open(t, { ca, ...gate }, new Webhook(asking))
  publisher.publish(headOf(1), 'passing')
  await until(() => count('published') === 1)
  t.is(webhook.received[0]?.body, headOf(1))
})

test('sends nothing where its certificate is not taken, or the name is another one, and tells nothing of the key', async (t) => {
  const stranger = makeCertificates().gate
  const refused = /certificate required|unknown ca|ECONNRESET|EPIPE|closed/i
  const faults: readonly [Given, RegExp][] = [
    [{ ca, token: 't0ken' }, refused],
    [{ ca, token: 't0ken', ...stranger }, refused],
    [{ ca, token: 't0ken', ...gate, serverName: 'stock.internal' }, /altnames/],
  ]
  for (const [given, reason] of faults) {
    const { webhook, world, agenda, publisher } = await open(t, given, new Webhook(asking))
    publisher.publish(headOf(1), 'passing')
    await until(() => agenda.next !== undefined)
    t.regex([...world.status.faults.values()].join(), reason)
    t.is(webhook.received.length, 0)
    for (const line of `${gate.key}${stranger.key}`.split('\n').filter((text) => text.length > 20))
      t.false(world.lines.join('').includes(line))
  }
})

test('follows no redirect', async (t) => {
  const { webhook, agenda, publisher, count, url } = await open(t, { ca, token: 't0ken' })
  webhook.answer = (response) => response.writeHead(307, { location: url }).end()
  publisher.publish(headOf(1), 'passing')
  await until(() => agenda.next !== undefined)
  t.is(webhook.received.length, 1)
  t.is(count('failed'), 1)
})

test('keeps a hundred heads that last, and counts those that it drops', async (t) => {
  const { webhook, agenda, publisher, count } = await open(t)
  webhook.answer = refuse
  publisher.publish(headOf(1), 'lasting')
  await until(() => agenda.next !== undefined)
  for (let size = 2; size <= 1000; size++) publisher.publish(headOf(size), 'lasting')
  t.is(count('dropped'), 900)
  await publisher.close()
  t.is(count('lost'), 100)
})

test('tries once more at the end, and says what did not go out', async (t) => {
  const { webhook, world, agenda, publisher, count } = await open(t)
  webhook.answer = refuse
  publisher.publish(headOf(1), 'lasting')
  publisher.publish(headOf(2), 'passing')
  await until(() => agenda.next !== undefined)
  let answers = 0
  webhook.answer = (response, request) => (answers++ === 0 ? accept : refuse)(response, request)
  await publisher.close()
  t.deepEqual(
    webhook.received.map(({ body }) => body),
    [headOf(1), headOf(1), headOf(2)],
  )
  t.is(count('published'), 1)
  t.is(count('lost'), 1)
  t.regex(
    world.lines.at(-1) ?? '',
    /"publisher":"webhook","heads":1,"msg":"audit heads were not published before the end"/,
  )
  t.is(world.status.faults.size, 0)
})

test('a server that never answers does not hold up the end', async (t) => {
  const { webhook, agenda, publisher, count } = await open(t)
  webhook.answer = () => {}
  publisher.publish(headOf(1), 'passing')
  await once(webhook, 'received')
  const from = performance.now()
  const closed = publisher.close()
  t.is(agenda.next, 3000)
  agenda.entries.shift()?.run()
  await closed
  t.true(performance.now() - from < 5000)
  t.is(count('lost'), 1)
})

test('a new head does not shorten the wait after a failure', async (t) => {
  const { webhook, world, agenda, publisher, url } = await open(t)
  webhook.answer = (response, request) => (request.url === '/other' ? accept : refuse)(response, request)
  const other = await openPublisher({ webhook: { url: new URL('/other', url).href, ca } }, world, agenda.later)
  t.teardown(() => other.close())
  const receivedAt = (path: string) => webhook.received.filter((each) => each.url === path).length
  publisher.publish(headOf(1), 'passing')
  await until(() => agenda.next !== undefined)
  publisher.publish(headOf(2), 'passing')
  for (let size = 1; size <= 3; size++) other.publish(headOf(size), 'lasting')
  await until(() => receivedAt('/other') === 3)
  t.is(receivedAt('/heads?log=gate'), 1)
})
