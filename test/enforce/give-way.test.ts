/** A client that is refused again and again, over many connections, holds up nobody who is let in. */

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { deny } from '../../src/core/denial.ts'
import { serve, stack } from './harness.ts'

const ask = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
const crowd = 100

/** A gate that lets in at /a and nobody at /no, and what it was asked for, in order. */
async function openGate(t: ExecutionContext) {
  const asked: string[] = []
  const reached = (path: string) => () => {
    asked.push(path)
    return path === '/a' ? { status: 200, headers: [], body: 'a' } : deny('forbidden')
  }
  const paths = ['/a', '/no'] as const
  const { port } = await serve(
    t,
    paths.map((path) => stack(`GET ${path}`, { destination: reached(path) })),
  )
  return { port, asked }
}

async function join(t: ExecutionContext, port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

/** Connections that ask for what is refused, and ask again as soon as they are told; resolves when each was told thrice. */
async function press(t: ExecutionContext, port: number): Promise<readonly Socket[]> {
  const sockets = await Promise.all(Array.from({ length: crowd }, () => join(t, port)))
  await Promise.all(
    sockets.map(async (socket) => {
      socket.on('data', () => socket.write(ask('/no')))
      socket.write(ask('/no'))
      for (let answers = 0; answers < 3; answers++) await once(socket, 'data')
    }),
  )
  return sockets
}

test('no more than a few of them are heard before one who is let in', async (t) => {
  const { port, asked } = await openGate(t)
  const friend = await join(t, port)
  await press(t, port)
  const between: number[] = []
  for (let time = 0; time < 20; time++) {
    const before = asked.length
    friend.write(ask('/a'))
    const [answer] = await once(friend, 'data')
    t.regex(String(answer), /^HTTP\/1\.1 200 /)
    between.push(asked.indexOf('/a', before) - before)
  }
  const [median = crowd] = between.toSorted((one, other) => one - other).slice(10)
  t.true(median < crowd / 3, `heard before: ${between}`)
})

test('each of them is heard again, in its turn', async (t) => {
  const { port, asked } = await openGate(t)
  const sockets = await press(t, port)
  const counts: number[] = sockets.map(() => 0)
  for (const [nth, socket] of sockets.entries())
    socket.on('data', () => {
      counts[nth] = (counts[nth] ?? 0) + 1
    })
  while (Math.min(...counts) < 5) await once(sockets[0] as Socket, 'data')
  t.true(Math.max(...counts) <= 3 * Math.min(...counts), `answers of each: ${counts}`)
  t.false(asked.includes('/a'))
})

test('one that is let in next is answered, also on a connection that had to wait', async (t) => {
  const { port } = await openGate(t)
  const sockets = await Promise.all(Array.from({ length: crowd }, () => join(t, port)))
  const heard = sockets.map(async (socket) => {
    let read = ''
    for await (const text of socket) {
      read += text
      if (read.endsWith('\r\n\r\na')) return read.match(/HTTP\/1\.1 \d+/g)
    }
    return []
  })
  for (const socket of sockets) socket.write(ask('/no'))
  await Promise.all(sockets.map((socket) => once(socket, 'data')))
  for (const socket of sockets) socket.write(ask('/a'))
  for (const statuses of await Promise.all(heard)) t.deepEqual(statuses, ['HTTP/1.1 403', 'HTTP/1.1 200'])
})
