/** Upstreams that answer anything: the client gets one whole answer of HTTP or a cut connection, and never a byte of the next. */

import { type AddressInfo, createServer, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { openGate } from '../helpers/gate.ts'
import { AnswerFault, readAnswers } from './answers.ts'
import { cutAt, sendPieces } from './connection.ts'
import { hold } from './hold.ts'
import { inParallel } from './raw-request.ts'

interface Written {
  readonly pieces: readonly Buffer[]
  readonly hangsUp: boolean
}

/** A gate before an upstream that writes, to the request of path `/<index>`, the bytes that stand there in the list. */
async function openBefore(t: ExecutionContext, script: Written[]) {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}))
    socket.on('data', (bytes) => {
      const index = Number(/^[A-Z]+ \/up\/(\d+) /.exec(bytes.toString('latin1'))?.[1])
      const { pieces, hangsUp } = script[index] ?? { pieces: [], hangsUp: true }
      writeOneByOne(socket, pieces, hangsUp)
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const faults: unknown[] = []
  const log = { info() {}, warn() {}, debug() {}, error: (said: { err: Error }) => void faults.push(said.err) }
  const policy = `service: up
defaults: { authenticate: public, timeout: { head: 300ms, idle: 300ms }, cors: { origins: ['https://shop.example'] } }
routes:
  GET /up/:n: { upstream: 'http://127.0.0.1:${port}' }
  GET /quick: { reply: { body: quick } }
`
  const gate = await openGate({ 'up.yaml': policy }, { world: { log } })
  t.teardown(gate.close)
  return { gate, faults }
}

function writeOneByOne(socket: Socket, [first, ...rest]: readonly Buffer[], hangsUp: boolean): void {
  if (first !== undefined && socket.writable) socket.write(first)
  if (rest.length > 0) setImmediate(() => writeOneByOne(socket, rest, hangsUp))
  else if (hangsUp) socket.end()
}

const noise = fc.string({ unit: 'binary', maxLength: 20 }).map((text) => Buffer.from(text).toString('latin1'))
const often = (...usual: string[]) =>
  fc.oneof({ weight: 10, arbitrary: fc.constantFrom(...usual) }, { weight: 1, arbitrary: noise })
const statusLine = often(
  ...[
    'HTTP/1.1 200 OK',
    'HTTP/1.1 200 OK',
    'HTTP/1.0 200 OK',
    'HTTP/1.1 204 No',
    'HTTP/1.1 304 Not',
    'HTTP/1.1 205 R',
    'HTTP/1.1 404 x',
  ],
  ...[
    'HTTP/1.1 101 Up',
    'HTTP/1.1 100 C',
    'HTTP/1.1 103 E',
    'HTTP/1.1 999 x',
    'HTTP/1.1 600 x',
    'HTTP/1.1 99 x',
    'HTTP/1.1 1000 x',
  ],
  ...['HTTP/2 200', 'ICY 200 OK', 'HTTP/1.1 200', 'HTTP/1.1 200 caf\xe9', 'HTTP/1.1 500 \x01'],
)
const field = often(
  ...[
    'Content-Length: 5',
    'Content-Length: 5',
    'Content-Length: 0',
    'Content-Length: 3',
    'Content-Length: 50',
    'Content-Length: -1',
  ],
  ...[
    'Content-Length: 5, 5',
    'Content-Length: 5\r\nContent-Length: 6',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: gzip, chunked',
  ],
  ...[
    'Transfer-Encoding: identity',
    'Connection: close',
    'Connection: keep-alive, X-Own',
    'Keep-Alive: timeout=5',
    'Upgrade: x',
    'Trailer: X',
  ],
  ...[
    'X-Own: \xe9\xff',
    'X-Own: a\rb',
    'X-Own: a\x01b',
    'X-Own: ',
    'X Own: 1',
    ': 1',
    'X-Own : 1',
    'X-Own: a\r\n folded',
    'X-Own: a\nX-Split: 1',
  ],
  ...[
    'Set-Cookie: a=1\r\nSet-Cookie: b=2',
    'Access-Control-Allow-Origin: *',
    'X-Request-Id: other',
    'Vary: *',
    'Date: never',
  ],
  ...['X-Content-Type-Options: sniff', '__proto__: 1', 'constructor: 1', `X-Long: ${'x'.repeat(40_000)}`],
)
const body = often(
  'hello',
  '5\r\nhello\r\n0\r\n\r\n',
  '5\r\nhel',
  'ff\r\n',
  '',
  'helloHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil',
  '0\r\nX-Evil: 1\r\n\r\n',
)
const answer = fc.record({
  text: fc
    .tuple(
      fc.constantFrom('', '', '', 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 103 Early\r\nLink: x\r\n\r\n'),
      statusLine,
      fc.uniqueArray(field, { maxLength: 3 }),
      body,
    )
    .map(([news, line, fields, rest]) => `${news}${[line, ...fields].join('\r\n')}\r\n\r\n${rest}`),
  cuts: fc.array(
    fc.integer({ min: 0, max: 1_000 }).map((number) => number / 1_000),
    { maxLength: 3 },
  ),
  hangsUp: fc.boolean(),
})

test('whatever an upstream answers, the client gets that whole, a refusal, or a cut connection', async (t) => {
  const script: Written[] = []
  const { gate, faults } = await openBefore(t, script)
  let whole = 0
  await hold(fc.array(answer, { minLength: 80, maxLength: 80 }), 15, async (answers) => {
    await inParallel(answers, 80, async ({ text, cuts, hangsUp }) => {
      const index = script.push({ pieces: cutAt(Buffer.from(text, 'latin1'), cuts), hangsUp }) - 1
      const requests = `GET /up/${index} HTTP/1.1\r\nHost: a\r\n\r\nGET /quick HTTP/1.1\r\nHost: a\r\nX-Request-Id: second\r\n\r\n`
      const read = (bytes: Buffer) => readAnswers(bytes, () => false)
      const isDone = (bytes: Buffer) => bytes.includes('quick')
      const received = await sendPieces(gate.port, { pieces: [Buffer.from(requests)], isDone, patience: 5000 })
      const { answers: got, rest } = read(received)
      const said = `${JSON.stringify(received.toString('latin1').slice(0, 2000))} for ${JSON.stringify(text.slice(0, 2000))}`
      if (rest.length > 0 && got.length > 0) throw new AnswerFault(`the second answer was cut: ${said}`)
      if (got.length === 1) throw new AnswerFault(`one answer, and no second: ${said}`)
      if (got.length === 0) return
      const [first, second] = got
      t.is(second?.body.toString(), 'quick', said)
      t.is(second?.headers.get('x-request-id')?.[0], 'second', said)
      t.not(first?.headers.get('x-request-id')?.[0], 'other', said)
      t.true((first?.headers.get('x-content-type-options')?.length ?? 0) <= 1, said)
      whole++
      for (const name of ['access-control-allow-origin', 'x-evil', 'keep-alive-x', 'upgrade', 'trailer'])
        t.false(first?.headers.has(name), said)
      t.false(got.length > 2, said)
    })
  })
  t.is((await gate.call('GET', '/quick')).body, 'quick')
  t.true(whole > 100)
  t.true(
    faults.every((fault) => /^MalformedAnswer: |^Error: the upstream closed the connection$/.test(String(fault))),
    faults.join('\n'),
  )
})
