/**
 * Odd bytes to nginx, with the gate behind it and a Koa upstream behind that: each understands what the one before it did,
 * and none takes a request for two. `WIRE_RUNS` multiplies the runs.
 */

import test from 'ava'
import fc from 'fast-check'
import { hold } from '../hold.ts'
import { inParallel } from '../raw-request.ts'
import { type Decided, type DecidingGate, openDecidingGate } from './decided.ts'
import { type KoaUpstream, openKoaUpstream, type Taken } from './koa-upstream.ts'
import { type Logged, type Nginx, startNginx } from './nginx.ts'
import { oddBytes } from './odd-bytes.ts'
import { decode, sendAll } from './send.ts'

const runs = 8 * Number(process.env.WIRE_RUNS ?? 1)

let upstream: KoaUpstream
let gate: DecidingGate
let nginx: Nginx
test.before(async () => {
  upstream = await openKoaUpstream()
  gate = await openDecidingGate(upstream.url)
  nginx = await startNginx(gate.port)
})
test.after.always(async () => {
  await nginx?.kill()
  await gate?.close()
  upstream?.close()
})

const farewell = 'GET /farewell HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'

/** By id; each stands there once. */
function byId<T extends { readonly id: string }>(list: readonly T[]): ReadonlyMap<string, T> {
  const map = new Map(list.map((one) => [one.id, one]))
  if (map.size === list.length) return map
  const twice = list.find((one) => map.get(one.id) !== one)
  throw new Error(`the same request twice: ${JSON.stringify(twice)}`)
}

/** Where the gate differs from what nginx understood. */
function differs(logged: Logged | undefined, one: Decided): string | undefined {
  if (logged === undefined) return 'nginx knows nothing of it'
  if (logged.up === '') return 'nginx did not pass it on'
  if (logged.method !== one.method) return 'method'
  if (one.status === 400) return undefined
  if (logged.uri !== decode(one.path)) return 'path'
  if (logged.query !== one.query) return 'query'
  return logged.host === one.host ? undefined : 'host'
}

/** Where Koa differs from what the gate decided, and nginx understood. */
function altered(logged: Logged | undefined, one: Decided | undefined, took: Taken): string | undefined {
  if (one === undefined) return 'the gate knows nothing of it'
  if (one.method !== took.method) return 'method'
  if ((one.query === '' ? one.path : `${one.path}?${one.query}`) !== took.target) return 'target'
  const isRead = logged !== undefined && logged.body !== ''
  return isRead && logged.body !== took.body ? 'body' : undefined
}

test('no request is understood in two ways, and none becomes two', async (t) => {
  let connections = 0
  let answers = 0
  await hold(fc.array(oddBytes, { minLength: 100, maxLength: 100 }), runs, async (samples) => {
    await inParallel(samples, 20, async ({ bytes, cuts }, index) => {
      const { text } = await sendAll(index % 2 ? nginx.buffered : nginx.streamed, bytes + farewell, cuts)
      answers += text.match(/HTTP\/1\.1 [2-5][0-9]{2} /g)?.length ?? 0
      connections++
    })
  })
  const log = await nginx.end()
  const understood = byId(log)
  const decided = byId(gate.decided)
  const taken = byId(upstream.taken)
  for (const one of decided.values()) {
    const logged = understood.get(one.id)
    t.is(differs(logged, one), undefined, JSON.stringify([logged, one]))
  }
  for (const took of taken.values()) {
    const [logged, one] = [understood.get(took.id), decided.get(took.id)]
    t.is(altered(logged, one, took), undefined, JSON.stringify([logged, one, took]))
  }
  for (const { id, answered } of log) if (decided.has(answered)) t.is(answered, id, 'the answer to another request')
  const passed = log.filter(({ up }) => up !== '')
  const bodies = [...taken.values()].filter(({ body }) => body !== '').length
  t.log(
    JSON.stringify({
      connections,
      answers,
      understood: log.length,
      passed: passed.length,
      decided: decided.size,
      taken: taken.size,
      bodies,
    }),
  )
  t.true(answers <= log.length)
  t.true(decided.size <= passed.length)
  t.true(taken.size > connections / 4)
  t.true(bodies > connections / 20)
})
