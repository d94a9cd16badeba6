/** Requests that come before their predecessors are answered: each answer whole, in order, and the refusal of the last in its turn. */

import test, { type ExecutionContext } from 'ava'
import { openGate } from '../helpers/gate.ts'
import { RawClient } from '../helpers/raw.ts'
import { openDestination } from './destination.ts'

/** A gate before a destination that answers when it is told to. */
async function openHeld(t: ExecutionContext) {
  const held: (() => void)[] = []
  const destination = await openDestination((req, res) => {
    req.resume()
    held.push(() => res.end('late'))
  })
  const input = 'input: { body: { type: object, additionalProperties: true } }'
  const limit = 'rateLimit: [{ by: ip, limit: 1000, per: 1m }]'
  const routes = `routes:\n  GET /late: { upstream: '${destination.url}' }\n  PUT /: { ${input}, ${limit}, reply: { body: put } }\n`
  const gate = await openGate({ 'a.yaml': `service: a\ndefaults: { authenticate: public }\n${routes}` })
  t.teardown(gate.close)
  t.teardown(destination.close)
  const reached = async () => {
    while (held.length === 0) await new Promise((turn) => setImmediate(turn))
    for (const answer of held.splice(0)) answer()
  }
  return { client: await RawClient.connect(gate.port), reached }
}

const late = 'GET /late HTTP/1.1\r\nHost: a\r\n\r\n'
const put = (headers: string) => `PUT / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${headers}\r\n`
const statuses = (text: string) => [...text.matchAll(/HTTP\/1\.1 ([0-9]+)/g)].map(([, status]) => status)

for (const [name, last, expected] of [
  ['a broken head', 'NO HTTP\r\n\r\n', ['200', '400']],
  ['a broken body', `${put('Transfer-Encoding: chunked\r\n')}zz\r\n`, ['200', '400']],
  [
    'a broken body that was refused before',
    `${put('Transfer-Encoding: chunked\r\nX: \x80\r\nTE: a\r\nContent_Length: 1\r\n')}zz\r\n`,
    ['200', '400'],
  ],
  [
    'a body after a whole request',
    `${put('Content-Length: 2\r\n')}{}${put('Transfer-Encoding: chunked\r\n')}zz\r\n`,
    ['200', '200', '400'],
  ],
] as const) {
  test(`answers what came before ${name}, and then refuses that`, async (t) => {
    const { client, reached } = await openHeld(t)
    client.send(late + last)
    await reached()
    t.deepEqual(statuses(await client.rest()), [...expected])
  })
}

/** Node's parser loses what follows a bodiless request for another protocol in one read, and would go on in its middle. */
for (const [protocol, status] of [
  ['h2c', '200'],
  ['other', '501'],
] as const) {
  test(`obeys nothing after a request that offers ${protocol}: what was lost of the next could make another of it`, async (t) => {
    const { client, reached } = await openHeld(t)
    const upgrade = `GET /late HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`
    client.send(
      `${upgrade}PUT / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${late.length}\r\n\r\n`,
    )
    await new Promise((turn) => setTimeout(turn, 50))
    client.send(late)
    if (status === '200') await reached()
    const text = await client.rest()
    t.deepEqual(statuses(text), [status])
    t.regex(text, /\r\nConnection: close\r\n/i)
  })
}

test('invites a body only once the answers before it are out, and never in the middle of its own', async (t) => {
  const held = new Map<string, () => void>()
  const destination = await openDestination((req, res) => {
    req.resume().once('end', () => held.set(req.url ?? '', () => res.end(Buffer.from('whole'))))
  })
  t.teardown(destination.close)
  const routes = `{ GET /first: {}, POST /second: { because: a test, input: { body: any } } }`
  const gate = await openGate({
    'a.yaml': `upstream: ${destination.url}\ndefaults: { authenticate: public }\nroutes: ${routes}`,
  })
  t.teardown(gate.close)
  const client = await RawClient.connect(gate.port)
  const head =
    'POST /second HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 2\r\n\r\n'
  client.send(`GET /first HTTP/1.1\r\nHost: a\r\n\r\n${head}{}`)
  while (held.size < 2) await new Promise((turn) => setImmediate(turn))
  held.get('/second')?.()
  // The second answer has come, and waits in the gate for the first.
  await new Promise((turn) => setTimeout(turn, 100))
  held.get('/first')?.()
  const text = await client.rest()
  t.deepEqual(
    statuses(text).filter((status) => status !== '100'),
    ['200', '200'],
  )
  t.regex(text, /Connection: close\r\n(?:[^\r]+\r\n)*\r\nwhole$/)
})

test('invites a body whose turn has come', async (t) => {
  const { client, reached } = await openHeld(t)
  client.send(`${late}${put('Expect: 100-continue\r\nContent-Length: 2\r\n')}`)
  await reached()
  t.is((await client.answer()).status, 200)
  t.is((await client.answer()).status, 100)
  t.is((await client.send('{}').answer()).body, 'put')
  client.socket.destroy()
})
