import { once } from 'node:events'
import { ServerResponse } from 'node:http'
import { PassThrough, Readable } from 'node:stream'
import test from 'ava'
import fc from 'fast-check'
import { type Answer, type Head, headerSet } from '../../src/core/answer.ts'
import { deny } from '../../src/core/denial.ts'
import type { Exchange } from '../../src/core/exchange.ts'
import type { Outcome } from '../../src/core/observer.ts'
import type { Stack } from '../../src/policy/stack.ts'
import { receive, serve, stack, stage } from './harness.ts'

const answering = (answer: Partial<Answer>, written: Partial<Stack> = {}): Stack =>
  stack('ANY /a', { destination: () => ({ status: 200, headers: [], ...answer }), ...written })

const writing = (write: (head: Head) => void) => ({ heads: [(_: Exchange, head: Head) => write(head)] })

const raw = (method: string, more = '') => `${method} /a HTTP/1.1\r\nHost: a\r\nX-Request-Id: r1\r\n${more}\r\n`

test('lets each name speak once: removed, own, forced, destination, default', async (t) => {
  const names = ['X-Removed', 'X-Own', 'X-Forced', 'X-Destination', 'X-Default']
  const said = (who: string, count: number) => Object.fromEntries(names.slice(0, count).map((name) => [name, who]))
  const { send } = await serve(t, [
    answering(
      { headers: Object.entries(said('destination', 4)).flat() },
      writing((head) => {
        head.removed.push(new Set(['x-removed']))
        head.own.push(headerSet({ 'x-own': 'own' }))
        head.forced.push(headerSet(said('forced', 3)))
        head.defaults.push(headerSet(said('default', 5)), headerSet(said('later', 5)))
      }),
    ),
  ])
  const { headers } = await send({ path: '/a' })
  const heard = names.map((name) => headers[name.toLowerCase()])
  t.deepEqual(heard, [undefined, 'own', 'forced', 'destination', 'default'])
})

test('keeps a name that the destination says more than once', async (t) => {
  const { send } = await serve(t, [
    answering(
      { headers: ['Set-Cookie', 'a=1', 'set-cookie', 'b=2'] },
      writing((head) => head.defaults.push(headerSet({ 'Set-Cookie': 'c=3' }))),
    ),
  ])
  t.deepEqual((await send({ path: '/a' })).headers['set-cookie'], ['a=1', 'b=2'])
})

test('merges Vary of guards and destination into one, each name once', async (t) => {
  const head = writing((head) => head.vary.push('Origin', 'origin, Accept'))
  const { send } = await serve(t, [answering({ headers: ['Vary', 'accept, Cookie', 'vary', 'Origin'] }, head)])
  const { headers } = await send({ path: '/a' })
  t.is(headers.vary, 'Origin, Accept, Cookie')
  const any = await serve(t, [answering({ headers: ['Vary', '*'] }, head)])
  t.is((await any.send({ path: '/a' })).headers.vary, '*')
  const sets = writing((head) => {
    head.forced.push(headerSet({ Vary: 'Cookie' }))
    head.defaults.push(headerSet({ 'X-A': 'a', Vary: 'Accept' }))
    head.vary.push('Origin')
  })
  t.is((await (await serve(t, [answering({}, sets)])).send({ path: '/a' })).headers.vary, 'Origin, Cookie, Accept')
  const denied = await serve(t, [answering({}, { ...head, destination: () => deny('forbidden') })])
  t.regex(String((await denied.send({ path: '/a' })).headers.vary), /^Origin/)
})

test('never passes a hop-by-hop, framing, request-id or Access-Control header of the destination', async (t) => {
  const headers = [
    'Connection',
    'X-Secret',
    'Keep-Alive',
    'timeout=1',
    'Transfer-Encoding',
    'gzip',
    'Trailer',
    'X-T',
    'TE',
    'trailers',
    'Upgrade',
    'h2c',
    'Proxy-Authenticate',
    'Basic',
    'Proxy-Connection',
    'x',
    'Content-Length',
    '99',
    'X-Request-Id',
    'forged',
    'Access-Control-Allow-Origin',
    '*',
    'access-control-allow-credentials',
    'true',
    'X-Kept',
    'yes',
  ]
  const { open } = await serve(t, [answering({ headers, body: 'ok' })])
  const socket = await open()
  socket.end(raw('GET', 'Connection: close\r\n'))
  const [head = '', body] = (await receive(socket)).split('\r\n\r\n')
  const lines = head.split('\r\n').filter((line) => !line.startsWith('Date: '))
  t.deepEqual(lines, ['HTTP/1.1 200 OK', 'X-Request-Id: r1', 'X-Kept: yes', 'Content-Length: 2', 'Connection: close'])
  t.is(body, 'ok')
})

test('sends each kind of body at its length', async (t) => {
  const kinds: [Answer['body'], string][] = [
    ['grüße', 'grüße'],
    [Buffer.from([65, 66]), 'AB'],
    [new Uint8Array([67]), 'C'],
    [undefined, ''],
    ['', ''],
  ]
  for (const [body, text] of kinds) {
    const { send } = await serve(t, [answering({ body })])
    const answer = await send({ path: '/a' })
    t.is(answer.body, text)
    t.is(answer.headers['content-length'], String(Buffer.byteLength(text)))
  }
})

test('sends no body for HEAD, 204, 205 and 304, and lets go of a stream', async (t) => {
  for (const [method, status] of [
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 205],
    ['GET', 304],
  ] as const) {
    const stream = Readable.from(['never'])
    for (const body of ['never', stream]) {
      const { open } = await serve(t, [answering({ status, body })])
      const socket = await open()
      socket.write(raw(method) + raw(method, 'Connection: close\r\n'))
      const received = await receive(socket)
      t.notRegex(received, /never/, `${method} ${status}`)
      if (body === 'never') t.is(received.match(/^HTTP\/1\.1 /gm)?.length, 2, received)
    }
    t.true(stream.destroyed)
  }
})

test('declares the length of what HEAD leaves out', async (t) => {
  const lengthOf = async (answer: Partial<Answer>) => {
    const { send } = await serve(t, [answering(answer)])
    return (await send({ method: 'HEAD', path: '/a' })).headers['content-length']
  }
  t.is(await lengthOf({ body: 'grüße' }), '7')
  t.is(await lengthOf({ headers: ['Content-Length', '1234'] }), '1234')
  t.is(await lengthOf({ headers: ['Content-Length', '1234'], status: 304 }), '1234')
  t.is(await lengthOf({ headers: ['Content-Length', '12 34'] }), undefined)
  t.is(await lengthOf({ status: 204 }), undefined)
  t.is(await lengthOf({ status: 205, body: 'never' }), '0')
})

test('streams, with the declared length or in chunks', async (t) => {
  const stream = () => Readable.from([Buffer.from('one'), 'two'])
  const chunked = await serve(t, [
    stack('GET /a', { destination: () => ({ status: 200, headers: [], body: stream() }) }),
  ])
  const first = await chunked.send({ path: '/a' })
  t.deepEqual([first.body, first.headers['transfer-encoding']], ['onetwo', 'chunked'])
  const sized = await serve(t, [answering({ headers: ['Content-Length', '6'], body: stream() })])
  const second = await sized.send({ path: '/a' })
  t.deepEqual([second.body, second.headers['content-length']], ['onetwo', '6'])
})

const cuts: Record<string, () => Partial<Answer>> = {
  'is longer than declared': () => ({ headers: ['Content-Length', '3'], body: Readable.from([Buffer.from('abcdef')]) }),
  'is shorter than declared': () => ({
    headers: ['Content-Length', '9'],
    body: Readable.from([Buffer.from('abcdef')]),
  }),
  'yields objects': () => ({ body: Readable.from(['a', { b: 1 }]) }),
  fails: () => ({
    body: Readable.from(
      (async function* () {
        yield 'a'
        throw new Error('broken')
      })(),
    ),
  }),
  'ends early': () => {
    const body = new PassThrough()
    body.write('a')
    setImmediate(() => body.destroy())
    return { body }
  },
}

for (const [what, make] of Object.entries(cuts)) {
  test(`cuts the connection where a stream ${what}, and says so in the log`, async (t) => {
    const over = Promise.withResolvers<Outcome>()
    const served = await serve(
      t,
      [stack('GET /a', { destination: () => ({ status: 200, headers: [], ...make() }) })],
      [{ finished: (_, outcome) => over.resolve(outcome) }],
    )
    const socket = await served.open()
    socket.write(raw('GET'))
    const received = await receive(socket)
    t.false(received.endsWith('0\r\n\r\n'))
    t.true((await over.promise).aborted)
    t.regex(served.lines.join(), /answer cut short/)
    t.is((await served.send({ path: '/none' })).status, 404, 'the server goes on')
  })
}

test('waits for a client that reads slowly, and does not fill memory meanwhile', async (t) => {
  let made = 0
  const body = new Readable({
    read() {
      made++
      this.push(made > 400 ? null : Buffer.alloc(65_536))
    },
  })
  const { open } = await serve(t, [answering({ body })])
  const socket = await open()
  socket.pause()
  socket.write(raw('GET', 'Connection: close\r\n'))
  for (let last = -1; last !== made; ) {
    last = made
    for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve))
  }
  t.true(made < 300, `${made} chunks of 400 were asked for`)
  t.true((await receive(socket.resume())).length > 400 * 65_536)
})

const idling = stage('timeout', (exchange) => {
  exchange.timeout = { head: 1000, idle: 30 }
  return undefined
})

test('cuts off a stream that falls silent, and destroys it', async (t) => {
  const body = new PassThrough()
  body.write('a')
  const closed = once(body, 'close')
  const { open } = await serve(t, [answering({ body }, { stages: [idling] })])
  const socket = await open()
  socket.write(raw('GET'))
  t.regex(await receive(socket), /\r\n\r\n1\r\na\r\n$/)
  await closed
  t.true(body.destroyed)
})

test('cuts off a client that reads nothing', async (t) => {
  const over = Promise.withResolvers<Outcome>()
  const { open } = await serve(
    t,
    [answering({ body: Buffer.alloc(50_000_000) }, { stages: [idling] })],
    [{ finished: (_, outcome) => over.resolve(outcome) }],
  )
  const socket = await open()
  socket.pause()
  socket.write(raw('GET'))
  t.true((await over.promise).aborted)
  socket.destroy()
})

test('destroys the stream of a client that goes away', async (t) => {
  const over = Promise.withResolvers<Outcome>()
  const body = new PassThrough()
  body.write('a')
  const { open } = await serve(t, [answering({ body })], [{ finished: (_, outcome) => over.resolve(outcome) }])
  const socket = await open()
  socket.write(raw('GET'))
  await once(socket, 'data')
  socket.destroy()
  t.deepEqual(await over.promise.then(({ status, aborted }) => [status, aborted]), [200, true])
  t.true(body.destroyed)
})

test('hears a stream fail while an observer is asked', async (t) => {
  const body = new PassThrough()
  const observer = {
    answering: async () => {
      body.destroy(new Error('gone'))
      await new Promise((resolve) => body.once('close', resolve))
      return undefined
    },
  }
  const { send } = await serve(t, [answering({ body })], [observer])
  t.is((await send({ path: '/a' })).status, 500)
})

const unsendable: Record<string, Partial<Answer>> = {
  'a line break in a value': { headers: ['X-A', 'a\r\nSet-Cookie: b=1'] },
  'a NUL in a value': { headers: ['X-A', 'a\0'] },
  'a value beyond latin1': { headers: ['X-A', 'ключ'] },
  'a line break in a name': { headers: ['X-A: b\r\nX-B', 'c'] },
  'an empty name': { headers: ['', 'c'] },
  'a name without a value': { headers: ['X-A'] },
  'a status that is none': { status: 0 },
  'an interim status': { status: 101 },
  'a status beyond three digits': { status: 1000 },
  'a broken status': { status: Number.NaN },
  'an object for a body': { body: { a: 1 } as never },
  'a stream that was destroyed': { body: Readable.from(['a']).destroy() },
}

for (const [what, answer] of Object.entries(unsendable)) {
  test(`answers ${what} with a fault that has the route's headers only`, async (t) => {
    const { send } = await serve(t, [
      answering(
        { ...answer, headers: ['X-Early', 'leak', ...(answer.headers ?? [])] },
        writing((head) => head.forced.push(headerSet({ 'X-Route': 'yes' }))),
      ),
    ])
    const { status, headers, body } = await send({ path: '/a', headers: { 'X-Request-Id': 'r1' } })
    if (what === 'a name without a value') t.is(status, 200)
    else {
      t.is(status, 500)
      t.is(body, '{"status":"error","code":"internal_error","message":"Internal server error","requestId":"r1"}')
      t.is(headers['x-early'], undefined)
    }
    t.is(headers['x-route'], 'yes')
    t.is(headers['set-cookie'], undefined)
  })
}

test('takes back what was set on the response before a fault', async (t) => {
  const destination = ({ ctx }: Exchange) => {
    ctx.set('X-Set', 'leak')
    return { status: 200, headers: ['X-Early', 'leak', 'X-Bad', 'a\nb'] }
  }
  const { send } = await serve(t, [stack('GET /a', { destination })])
  const { status, headers } = await send({ path: '/a' })
  t.is(status, 500)
  t.notRegex(JSON.stringify(headers), /leak/)
})

test('falls back to the headers of no route where those of the route cannot be written', async (t) => {
  const bad = writing((head) => head.forced.push(headerSet({ 'X-Bad': 'a\nb' })))
  const worse = writing(() => {
    throw new Error('bug')
  })
  for (const written of [bad, worse]) {
    const { send } = await serve(t, [answering({}, written)])
    const { status, headers } = await send({ path: '/a' })
    t.is(status, 500)
    t.is(headers['x-content-type-options'], 'nosniff')
  }
})

test('leaves a response of Node that a handler wrote itself, and ends what it left open', async (t) => {
  const behind =
    (end: boolean) =>
    ({ ctx }: Exchange) => {
      ctx.res.writeHead(200, ['X-Own', 'handler'])
      ctx.res.write('mine')
      if (end) ctx.res.end()
      return { status: 200, headers: [], body: 'ours' }
    }
  const stacks = [stack('GET /whole', { destination: behind(true) }), stack('GET /a', { destination: behind(false) })]
  const served = await serve(t, stacks, [], ServerResponse)
  t.is((await served.send({ path: '/whole' })).body, 'mine')
  const socket = await served.open()
  socket.write(raw('GET'))
  t.notRegex(await receive(socket), /ours/)
})

test('answers an upload that nobody read so that the client gets to see it, and closes', async (t) => {
  const over: Outcome[] = []
  const destination = () => deny('body_too_large')
  const { send } = await serve(
    t,
    [stack('POST /a', { destination })],
    [{ finished: (_, outcome) => void over.push(outcome) }],
  )
  for (let i = 0; i < 20; i++) {
    const { status, headers } = await send({ method: 'POST', path: '/a' }, Buffer.alloc(3_000_000))
    t.is(status, 413)
    t.is(headers.connection, 'close')
  }
  t.true(over.every(({ aborted }) => !aborted))
})

test('does not drain an upload without end', async (t) => {
  const { open } = await serve(t, [stack('POST /a', { destination: () => deny('forbidden') })])
  const socket = await open()
  socket.write(raw('POST', 'Transfer-Encoding: chunked\r\n'))
  const feed = setInterval(() => socket.write('5\r\nhello\r\n'), 5)
  const received = await receive(socket)
  clearInterval(feed)
  t.regex(received, /^HTTP\/1\.1 403 /)
  t.is(received.match(/HTTP\/1\.1/g)?.length, 1)
})

test('keeps the connection of a small body that nobody read', async (t) => {
  const { open } = await serve(t, [stack('POST /a', { destination: () => deny('forbidden') }), stack('GET /a')])
  const socket = await open()
  socket.write(`${raw('POST', 'Content-Length: 5\r\n')}hello${raw('GET', 'Connection: close\r\n')}`)
  const received = await receive(socket)
  t.regex(received, /^HTTP\/1\.1 403 [\s\S]+HTTP\/1\.1 200 /)
})

test('keeps the connection of a body that came whole and was left in the buffer', async (t) => {
  const begun = Promise.withResolvers<void>()
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  const destination = async ({ ctx }: Exchange) => {
    const req = ctx.req.once('readable', () => {})
    while (req.readableLength < 40_000) await turn()
    begun.resolve()
    while (!req.complete) await turn()
    return { status: 403, headers: [] }
  }
  const { open } = await serve(t, [stack('POST /a', { destination }), stack('GET /a')])
  const socket = await open()
  // More than Node buffers of a request, at which it stops reading the connection.
  socket.write(raw('POST', 'Content-Length: 66000\r\n') + 'a'.repeat(40_000))
  await begun.promise
  socket.write('a'.repeat(26_000))
  t.regex(String(await once(socket, 'data')), /^HTTP\/1\.1 403 /)
  socket.write(raw('GET', 'Connection: close\r\n'))
  t.regex(await receive(socket), /^HTTP\/1\.1 200 /)
})

test('announces the end of the connection where a body grew too large, also if all of it is here by then', async (t) => {
  const destination = ({ body }: Exchange) => {
    body.limit = 3
    body.stream()
    return new Promise<Answer>(() => {})
  }
  const answering = async ({ ctx }: Exchange) => {
    while (!ctx.req.complete) await new Promise((resolve) => setImmediate(resolve))
    return undefined
  }
  const { open } = await serve(t, [stack('POST /a', { destination })], [{ answering }])
  const socket = await open()
  socket.write(`${raw('POST', 'Transfer-Encoding: chunked\r\n')}4\r\nabcd\r\n0\r\n\r\n`)
  t.regex(await receive(socket), /^HTTP\/1\.1 413 [\s\S]*\r\nConnection: close\r\n/)
})

test('lets an upload that nobody wants run out before it closes, so that no reset takes the answer away', async (t) => {
  const { open } = await serve(t, [stack('POST /a', { destination: () => deny('forbidden') })])
  const socket = await open()
  socket.on('error', (error) => t.fail(error.message))
  socket.write(raw('POST', 'Content-Length: 4000000\r\n'))
  socket.write(Buffer.alloc(4_000_000))
  t.regex(await receive(socket), /^HTTP\/1\.1 403 /)
  t.is(socket.writableLength, 0)
})

test('takes an answer for given whose reader stops its upload and leaves', async (t) => {
  const over = Promise.withResolvers<Outcome>()
  const observers = [{ finished: (_: Exchange, outcome: Outcome) => over.resolve(outcome) }]
  const { open } = await serve(t, [stack('POST /a', { destination: () => deny('forbidden') })], observers)
  const socket = await open()
  socket.write(raw('POST', 'Content-Length: 20000000\r\n'))
  await once(socket, 'data')
  socket.destroy()
  t.false((await over.promise).aborted)
})

test('obeys nothing that comes after an answer that closes', async (t) => {
  const reached: string[] = []
  const destination = ({ path }: Exchange) => {
    reached.push(path)
    return { status: 200, headers: [] }
  }
  const { open } = await serve(t, [stack('GET /hidden', { destination })])
  const socket = await open()
  socket.write(
    'POST /a HTTP/1.1\r\nHost: a\r\nTransfer_Encoding: chunked\r\nContent-Length: 5\r\n\r\nhelloGET /hidden HTTP/1.1\r\nHost: a\r\n\r\n',
  )
  const received = await receive(socket)
  t.regex(received, /^HTTP\/1\.1 400 /)
  t.regex(received, /Connection: close/)
  t.is(received.match(/HTTP\/1\.1/g)?.length, 1)
  t.deepEqual(reached, [])
})

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('Content-Length', 'Transfer-Encoding', 'Connection', 'Vary', 'close', '3', '\r\n', 'X-A'),
)
const anyBody = fc.oneof(
  fc.constant(undefined),
  fc.string({ unit: 'binary' }),
  fc.uint8Array(),
  fc
    .array(fc.oneof(fc.string({ minLength: 1 }), fc.uint8Array({ minLength: 1 }), fc.integer()), { maxLength: 3 })
    .map((chunks) => () => Readable.from(chunks)),
)

test('answers every answer with a response of HTTP, or cuts the connection', async (t) => {
  let answer: Answer = { status: 200, headers: [] }
  const served = await serve(t, [stack('ANY /a', { destination: () => answer })])
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        status: fc.oneof(fc.constantFrom(200, 204, 304, 404), fc.integer()),
        headers: fc.array(text, { maxLength: 8 }),
        body: anyBody,
      }),
      fc.constantFrom('GET', 'HEAD', 'POST'),
      async ({ status, headers, body }, method) => {
        answer = { status, headers, body: typeof body === 'function' ? body() : body }
        const socket = await served.open()
        socket.write(raw(method, 'Connection: close\r\n'))
        const received = await receive(socket)
        t.true(received === '' || /^HTTP\/1\.1 [2-9]\d\d /.test(received), received)
        if (received !== '') t.is(received.split('\r\n\r\n')[0]?.match(/\r\nX-Request-Id: r1/g)?.length, 1)
      },
    ),
    { numRuns: 300 },
  )
  t.is((await served.send({ path: '/none' })).status, 404)
})
