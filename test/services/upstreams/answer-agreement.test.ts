/** What our client of upstreams reads is what Node's reads, or nothing: whoever reads in another way can be lied to. */

import { request } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { UpstreamPools } from '../../../src/services/upstreams/pools.ts'
import type { Calls } from '../../../src/services/upstreams/upstreams.ts'
import { cutAt } from '../../attacks/connection.ts'
import { hold } from '../../attacks/hold.ts'
import { HandClock } from '../../helpers/hand-clock.ts'
import { cuts, spoiltAnswer, validAnswer, type WrittenAnswer } from './any-answer.ts'

interface Scripted {
  readonly pieces: readonly Buffer[]
  readonly hangsUp: boolean
}

/** A server that writes, to the request of path `/<index>`, what stands there in the list. */
async function openUpstream(t: ExecutionContext, script: readonly Scripted[]): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}).on('close', () => sockets.delete(socket)))
    socket.setNoDelay().on('data', (bytes) => {
      const index = Number(/^[A-Z]+ \/(\d+) /.exec(bytes.toString('latin1'))?.[1])
      const { pieces, hangsUp } = script[index] ?? { pieces: [], hangsUp: true }
      writeOneByOne(socket, pieces, hangsUp)
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', 4_096, listening))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

function writeOneByOne(socket: Socket, [first, ...rest]: readonly Buffer[], hangsUp: boolean): void {
  if (first !== undefined && socket.writable) socket.write(first)
  if (rest.length > 0) setImmediate(() => writeOneByOne(socket, rest, hangsUp))
  else if (hangsUp) socket.end()
}

/** A whole answer as a client read it, or why it did not. */
type Outcome =
  | { readonly status: number; readonly fields: readonly string[]; readonly body: string }
  | { readonly refused: string }

function askOurs(calls: Calls, method: string, path: string): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const chunks: Buffer[] = []
  let head: { readonly status: number; readonly fields: readonly string[] } = { status: 0, fields: [] }
  calls.call(
    { method, path, lines: '', body: undefined },
    {
      begun(status, fields) {
        head = { status, fields }
      },
      received: (chunk) => void chunks.push(chunk),
      ended: () => resolve({ ...head, body: Buffer.concat(chunks).toString('latin1') }),
      failed: (error) => resolve({ refused: error.message }),
    },
  )
  return promise
}

/** With room for as long a head as ours has, so that the two differ in what they read alone. */
function askNode(port: number, method: string, path: string): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const asked = request({ host: '127.0.0.1', port, method, path, agent: false, maxHeaderSize: 65_536 })
  asked.maxHeadersCount = 0
  asked.on('response', (response) => {
    const chunks: Buffer[] = []
    const { statusCode: status = 0, rawHeaders } = response
    const fields = rawHeaders.map((text, index) => (index % 2 === 0 ? text.toLowerCase() : text))
    response.on('data', (chunk) => chunks.push(chunk)).on('error', (error) => resolve({ refused: error.message }))
    response.on('end', () => resolve({ status, fields, body: Buffer.concat(chunks).toString('latin1') }))
  })
  let refused = 'closed'
  asked.on('error', (error) => {
    refused = error.message
  })
  asked.on('close', () => setImmediate(() => resolve({ refused })))
  asked.end()
  return promise
}

/** Both clients of one answer at once. */
async function askBoth(port: number, calls: Calls, { method, index }: { method: string; index: number }) {
  const path = `/${index}`
  const [ours, nodes] = await Promise.all([askOurs(calls, method, path), askNode(port, method, path)])
  return { ours, nodes }
}

const describe = (answer: WrittenAnswer, outcomes: unknown): string =>
  `${JSON.stringify(outcomes).slice(0, 3_000)} for ${answer.method} ${JSON.stringify(answer.bytes.toString('latin1').slice(0, 3_000))}`

/** Throws where they are not alike. */
function agree(got: unknown, expected: unknown, answer: WrittenAnswer): void {
  if (JSON.stringify(got) !== JSON.stringify(expected)) throw new Error(describe(answer, [got, expected]))
}

const batchOf = (answer: fc.Arbitrary<WrittenAnswer>) =>
  fc.array(fc.tuple(answer, cuts), { minLength: 50, maxLength: 50 })

const runs = 60

test('valid answers are read alike by Node and by one pool that keeps its connections', async (t) => {
  const script: Scripted[] = []
  const port = await openUpstream(t, script)
  const upstreams = new UpstreamPools(new HandClock())
  t.teardown(() => upstreams.close())
  const calls = upstreams.calls({ origin: `http://127.0.0.1:${port}` })
  await hold(batchOf(validAnswer), runs, async (answers) => {
    const asked = answers.map(async ([answer, places]) => {
      const index = script.push({ pieces: cutAt(answer.bytes, places), hangsUp: answer.frame === 'rest' }) - 1
      const { ours, nodes } = await askBoth(port, calls, { method: answer.method, index })
      const { status, fields, body } = answer
      agree(ours, { status, fields, body: body.toString('latin1') }, answer)
      agree(nodes, ours, answer)
    })
    await Promise.all(asked)
  })
  t.is(script.length, runs * 50)
})

test('a spoilt answer is read as Node reads it, or refused', async (t) => {
  const script: Scripted[] = []
  const port = await openUpstream(t, script)
  const seen = { accepted: 0, refused: 0, stricter: new Map<string, number>() }
  await hold(batchOf(spoiltAnswer), runs, async (answers) => {
    const asked = answers.map(async ([answer, places]) => {
      const index = script.push({ pieces: cutAt(answer.bytes, places), hangsUp: true }) - 1
      // What comes behind an answer could else be taken for that to the next request: no client of HTTP/1.1 can tell.
      const upstreams = new UpstreamPools(new HandClock())
      const calls = upstreams.calls({ origin: `http://127.0.0.1:${port}` })
      const { ours, nodes } = await askBoth(port, calls, { method: answer.method, index })
      upstreams.close()
      if (!('refused' in ours)) {
        seen.accepted++
        agree(ours, nodes, answer)
      } else if ('refused' in nodes) seen.refused++
      else seen.stricter.set(ours.refused, (seen.stricter.get(ours.refused) ?? 0) + 1)
    })
    await Promise.all(asked)
  })
  t.log(`${seen.accepted} accepted, ${seen.refused} refused by both, by ours alone:`, Object.fromEntries(seen.stricter))
  t.true(seen.accepted > runs * 5, `${seen.accepted} accepted`)
  t.true(seen.refused > runs * 5, `${seen.refused} refused`)
})
