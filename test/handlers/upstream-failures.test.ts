import { createServer, request, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import test from 'ava'
import { upstream } from '../../src/handlers/upstream/upstream.ts'
import { codeOf, type Gate, having, listen, openGate, openRawUpstream, openUpstream, until } from './gate.ts'

test('answers 502 where the upstream hangs up before its answer', async (t) => {
  const gate = await openGate(t, [
    upstream,
    await openRawUpstream(t, (socket) => void socket.once('data', () => socket.destroy())),
  ])
  const answer = await gate.send()
  t.deepEqual([answer.status, codeOf(answer)], [502, 'upstream_failed'])
})

test('answers 502 where the upstream resets before its answer', async (t) => {
  const gate = await openGate(t, [
    upstream,
    await openRawUpstream(t, (socket) => void socket.once('data', () => socket.resetAndDestroy())),
  ])
  t.is((await gate.send({ method: 'POST', body: 'x' })).status, 502)
})

test('answers 504 where the head does not come in time, and ends the call', async (t) => {
  let cut = false
  const url = await openUpstream(t, (req) => {
    req.once('close', () => {
      cut = true
    })
  })
  const gate = await openGate(t, [upstream, url], having({ timeout: { head: 2000, idle: 50 } }))
  const answer = await gate.send()
  t.deepEqual([answer.status, codeOf(answer)], [504, 'upstream_timeout'])
  await until(() => cut)
})

test('answers 504 to a request that waits for a free connection too long, and never sends it', async (t) => {
  const urls: (string | undefined)[] = []
  const held: ServerResponse[] = []
  const url = await openUpstream(t, (req, res) => {
    urls.push(req.url)
    held.push(res)
  })
  const gate = await openGate(t, [upstream, url], {
    before: (exchange) => Object.assign(exchange, exchange.path === '/late' && { timeout: { head: 50, idle: 50 } }),
  })
  const first = Array.from({ length: 1024 }, () => gate.send({ path: '/first' }))
  await until(() => held.length === 1024)
  t.is((await gate.send({ path: '/late' })).status, 504)
  for (const res of held) res.end()
  await Promise.all(first)
  t.false(urls.includes('/late'))
})

test('cuts the answer off where the body stops coming', async (t) => {
  let closed = false
  const url = await openUpstream(t, (_, res) => {
    res.on('close', () => (closed = true)).write('begun')
  })
  const gate = await openGate(t, [upstream, url], having({ timeout: { head: 30_000, idle: 50 } }))
  await t.throwsAsync(gate.send(), { code: 'ECONNRESET' })
  await until(() => closed)
  t.true(gate.outcomes[0]?.aborted)
})

for (const [how, end] of [
  ['hangs up', (socket: Socket) => void socket.end()],
  ['resets', (socket: Socket) => void socket.resetAndDestroy()],
] as const) {
  for (const [framing, head] of [
    ['a declared length', 'Content-Length: 100\r\n\r\nhalf'],
    ['chunks', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ]) {
    test(`cuts the answer off where the upstream ${how} in the middle of ${framing}`, async (t) => {
      const url = await openRawUpstream(t, (socket) => {
        socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\n${head}`, () => setImmediate(end, socket)))
      })
      const gate = await openGate(t, [upstream, url])
      await t.throwsAsync(gate.send())
      t.is(await gate.send().catch(() => 'still serving'), 'still serving')
    })
  }
}

/** An upstream that answers once a connection, and closes it when the next request comes. */
const closingOnReuse = (seen: string[]) => (socket: Socket) => {
  let answered = false
  socket.on('data', (bytes) => {
    seen.push(String(bytes).split(' ')[0] ?? '')
    if (answered) return void socket.resetAndDestroy()
    answered = true
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  })
}

test('tries a GET again where a kept connection was closed under it', async (t) => {
  const seen: string[] = []
  const gate = await openGate(t, [upstream, await openRawUpstream(t, closingOnReuse(seen))])
  t.is((await gate.send()).status, 200)
  t.is((await gate.send()).status, 200)
  t.deepEqual(seen, ['GET', 'GET', 'GET'])
})

test('tries nothing again that has a body or is not safe', async (t) => {
  const seen: string[] = []
  const gate = await openGate(t, [upstream, await openRawUpstream(t, closingOnReuse(seen))])
  t.is((await gate.send()).status, 200)
  t.is((await gate.send({ method: 'DELETE' })).status, 502)
  t.is((await gate.send()).status, 200)
  t.is((await gate.send({ method: 'GET', body: 'x', headers: { 'Content-Length': '1' } })).status, 502)
  t.deepEqual(seen, ['GET', 'DELETE', 'GET', 'GET'])
})

test('tries only once again, and nothing that failed on a new connection', async (t) => {
  let requests = 0
  const url = await openRawUpstream(
    t,
    (socket) =>
      void socket.on('data', () => {
        requests++
        socket.resetAndDestroy()
      }),
  )
  const gate = await openGate(t, [upstream, url])
  t.is((await gate.send()).status, 502)
  t.is(requests, 1)
})

test('does not try again once a byte of the answer has come', async (t) => {
  let requests = 0
  const url = await openRawUpstream(t, (socket) => {
    socket.on('data', () => {
      requests++
      if (requests === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
      else socket.write('HTTP/1.1 2', () => setImmediate(() => socket.resetAndDestroy()))
    })
  })
  const gate = await openGate(t, [upstream, url])
  t.is((await gate.send()).status, 200)
  t.is((await gate.send()).status, 502)
  t.is(requests, 2)
})

/** Sends a request that is cut off as soon as `cut` says so, counting bytes of the answer. */
function cutOff(gate: Gate, head: string, cut: (socket: Socket, received: number) => boolean): Promise<void> {
  return new Promise((closed) => {
    const socket = connect(gate.port, '127.0.0.1', () => socket.write(head))
    let received = 0
    const look = () => cut(socket, received) && socket.resetAndDestroy()
    socket.on('data', (chunk) => {
      received += chunk.length
      look()
    })
    socket
      .once('ready', look)
      .on('error', () => undefined)
      .once('close', () => closed())
  })
}

test.serial(
  'survives a thousand clients that leave in the middle of an answer, and keeps no socket for them',
  async (t) => {
    const large = Buffer.alloc(16 * 1024 * 1024)
    const server = createServer((_, res) => void res.end(large))
    const gate = await openGate(t, [upstream, `http://127.0.0.1:${await listen(t, server)}`])
    for (let round = 0; round < 20; round++) {
      await Promise.all(
        Array.from({ length: 50 }, () =>
          cutOff(gate, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', (_, received) => received > 1000),
        ),
      )
    }
    await until(() => gate.outcomes.length === 1000)
    const connections = () => new Promise<number>((counted) => server.getConnections((_, count) => counted(count)))
    while ((await connections()) > 0) await new Promise((turn) => setImmediate(turn))
    t.true(gate.outcomes.every(({ aborted }) => aborted))
  },
)

test.serial(
  'survives a thousand clients that leave in the middle of a body, and ends their requests upstream',
  async (t) => {
    let begun = 0
    let cut = 0
    const server = createServer((req) => {
      begun++
      req
        .on('error', () => undefined)
        .once('close', () => cut++)
        .resume()
    })
    const gate = await openGate(t, [upstream, `http://127.0.0.1:${await listen(t, server)}`])
    const head = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(20_000)}`
    for (let round = 0; round < 20; round++) {
      const sockets = Array.from({ length: 50 }, () => connect(gate.port, '127.0.0.1').on('error', () => undefined))
      for (const socket of sockets) socket.write(head)
      await until(() => begun === (round + 1) * 50)
      for (const socket of sockets) socket.resetAndDestroy()
    }
    await until(() => cut === 1000 && gate.outcomes.length === 1000)
    t.pass()
  },
)

test('holds a large upload to the pace of the upstream', async (t) => {
  const pace = new PassThrough()
  let received = 0
  const url = await openUpstream(t, (req, res) => {
    pace.once('data', () =>
      req.on('data', (chunk) => (received += chunk.length)).once('end', () => res.end(String(received))),
    )
  })
  const gate = await openGate(t, [upstream, url])
  const size = 50 * 1024 * 1024
  const sending = request({ port: gate.port, method: 'POST', headers: { 'Transfer-Encoding': 'chunked' } })
  const answered = new Promise<string>((resolve) =>
    sending.once('response', (res) => res.once('data', (chunk) => resolve(String(chunk)))),
  )
  const chunk = Buffer.alloc(64 * 1024)
  let sent = 0
  while (sending.write(chunk)) sent += chunk.length
  await new Promise((drained) =>
    sending
      .once('drain', drained)
      .once('drain', drained)
      .setTimeout(300, () => drained(undefined)),
  )
  t.true(sent < 16 * 1024 * 1024, `${sent} bytes went ahead of an upstream that reads nothing`)
  pace.write('go')
  for (; sent < size; sent += chunk.length)
    if (!sending.write(chunk)) await new Promise((drained) => sending.once('drain', drained))
  sending.end()
  t.true(Number(await answered) >= size)
})

test('holds a large answer to the pace of the client', async (t) => {
  let written = 0
  let full = false
  const url = await openUpstream(t, (_, res) => {
    const fill = () => {
      while (!full) {
        written += 65536
        full = !res.write(Buffer.alloc(65536)) || written >= 200 * 1024 * 1024
      }
      full = false
      if (written < 200 * 1024 * 1024) res.once('drain', fill)
    }
    fill()
  })
  const gate = await openGate(t, [upstream, url])
  const socket = connect(gate.port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'))
  t.teardown(() => socket.destroy())
  await new Promise((readable) => socket.once('readable', readable))
  let before = -1
  while (written !== before) {
    before = written
    await new Promise((turn) => setTimeout(turn, 100))
  }
  t.true(written < 32 * 1024 * 1024, `${written} bytes went ahead of a client that reads nothing`)
})

test('passes an early answer on while the client still sends', async (t) => {
  const url = await openRawUpstream(t, (socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig').valueOf())
  })
  const gate = await openGate(t, [upstream, url])
  const socket = connect(gate.port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n${'x'.repeat(1000)}`)
  const answer = await new Promise<string>((received) => socket.once('data', (bytes) => received(String(bytes))))
  t.regex(answer, /^HTTP\/1\.1 413 /)
  t.regex(answer, /big$/)
})

test('asks the client for its body only now, and the upstream for nothing', async (t) => {
  const url = await openUpstream(t, (req, res) => void req.pipe(res))
  const gate = await openGate(t, [upstream, url])
  gate.server.on('checkContinue', (req, res) => gate.server.emit('request', req, res))
  const sending = request({
    port: gate.port,
    method: 'POST',
    headers: { Expect: '100-continue', 'Content-Length': '4' },
  })
  sending.flushHeaders()
  await new Promise((invited) => sending.once('continue', invited))
  const answered = new Promise<string>((resolve) =>
    sending.once('response', (res) => res.once('data', (chunk) => resolve(String(chunk)))),
  )
  sending.end('body')
  t.is(await answered, 'body')
})

test('ends the call upstream where the client leaves before the head', async (t) => {
  let cut = false
  const called = Promise.withResolvers<void>()
  const url = await openUpstream(t, (req) => {
    req.once('close', () => (cut = true))
    called.resolve()
  })
  const gate = await openGate(t, [upstream, url])
  const socket = connect(gate.port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'))
  await called.promise
  socket.destroy()
  await until(() => cut)
  t.pass()
})
