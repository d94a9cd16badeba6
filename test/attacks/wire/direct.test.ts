/**
 * Odd bytes straight to the gate, with a Koa upstream behind it: what is let through is understood alike by the gate, by Koa,
 * and by parsers of other habits, that read what the client sent and what the upstream got. `WIRE_RUNS` multiplies the runs.
 */

import test from 'ava'
import fc from 'fast-check'
import { until } from '../../helpers/until.ts'
import { hold } from '../hold.ts'
import { inParallel } from '../raw-request.ts'
import { type Decided, type DecidingGate, openDecidingGate } from './decided.ts'
import { type KoaUpstream, openKoaUpstream, type Taken } from './koa-upstream.ts'
import { oddBytes } from './odd-bytes.ts'
import { type ReadRequest, readByAll } from './readers.ts'
import { decode, sendAll } from './send.ts'

const runs = 12 * Number(process.env.WIRE_RUNS ?? 1)

let gate: DecidingGate
let upstream: KoaUpstream
test.before(async () => {
  upstream = await openKoaUpstream()
  gate = await openDecidingGate(upstream.url)
})
test.after.always(async () => {
  await gate?.close()
  upstream?.close()
})

const farewell = 'GET /farewell HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'

/** A target as written comes to this path and query. */
function means(target: string, { path, query }: Decided): boolean {
  const [written = '', ...queries] = target.replace(/^https?:\/\/[^/?#]*(?=([/?]|$))/i, '').split('?')
  return decode(written || '/') === decode(path) && queries.join('?') === query
}

/** What is understood in two ways of what the gate let through; nothing where all agree. */
function dispute(bytes: string, decided: readonly Decided[], taken: ReadonlyMap<string, Taken>): string | undefined {
  const readings = [...readByAll(bytes)]
  for (const [index, one] of decided.entries()) {
    const reached = taken.get(one.id)
    if (reached === undefined) continue
    for (const [reader, requests] of readings) {
      const read = requests[index]
      if (read === undefined) continue
      const isSame = read.method === one.method && means(read.target, one) && read.body === reached.body
      if (!isSame) return `who ${reader} reads ${JSON.stringify(read)}, the gate ${JSON.stringify([one, reached])}`
    }
  }
  return undefined
}

/** The upstream got what was decided on, under the id and the name that the gate gave. */
function alteration(one: Decided | undefined, { method, target, rawHeaders }: Taken): string | undefined {
  if (one === undefined) return 'nothing was decided'
  if (method !== one.method) return 'another method'
  if (target !== (one.query === '' ? one.path : `${one.path}?${one.query}`)) return 'another target'
  const names = rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase())
  const framing = names.filter((name) => /^(?:content.length|transfer.encoding)$/.test(name))
  if (new Set(names).size < names.length) return 'a header twice'
  return framing.length > 1 || names.includes('expect') || names.includes('upgrade') ? 'odd framing' : undefined
}

/** What any parser reads of a stream to the upstream is what Koa read of it. */
function misread(stream: string, known: ReadonlyMap<string, Taken>): string | undefined {
  const ids = [...stream.matchAll(/^x-request-id: (\S+)\r$/gim)].map(([, id = '']) => id)
  for (const [reader, requests] of readByAll(stream)) {
    for (const [index, read] of requests.entries()) {
      const took = known.get(ids[index] ?? '')
      if (took !== undefined && !isSame(read, took)) return `who ${reader} reads ${JSON.stringify(read)} of ${stream}`
    }
  }
  return undefined
}

const isSame = (read: ReadRequest, took: Taken): boolean =>
  read.method === took.method && read.target === took.target && read.body === took.body

test('what is let through is understood in one way, by whoever reads it', async (t) => {
  const ever = new Map<string, Decided>()
  const seen = { connections: 0, decided: 0, through: 0, behindOthers: 0 }
  await hold(fc.array(oddBytes, { minLength: 100, maxLength: 100 }), runs, async (samples) => {
    const sent: { bytes: string; decided: readonly Decided[] }[] = []
    await inParallel(samples, 20, async ({ bytes, cuts }) => {
      const { port, text } = await sendAll(gate.port, bytes + farewell, cuts)
      const decided = gate.decidedOver(port)
      await until(async () => decided.every(({ status }) => status !== undefined))
      const answers = text.match(/HTTP\/1\.1 [2-5][0-9]{2} /g)?.length ?? 0
      t.true(answers <= decided.length + 1, JSON.stringify(bytes))
      t.notRegex(text, /HTTP\/1\.1 50[024]/, JSON.stringify(bytes))
      sent.push({ bytes: bytes + farewell, decided })
    })
    const taken = new Map(upstream.taken.map((one) => [one.id, one]))
    t.is(taken.size, upstream.taken.length)
    for (const { decided } of sent) for (const one of decided) ever.set(one.id, one)
    // One whose client was gone may arrive after its batch.
    for (const one of upstream.taken) t.is(alteration(ever.get(one.id), one), undefined, JSON.stringify(one))
    for (const { bytes, decided } of sent) t.is(dispute(bytes, decided, taken), undefined, JSON.stringify(bytes))
    for (const { bytes } of upstream.streams) t.is(misread(bytes, taken), undefined)
    seen.connections += samples.length
    seen.decided = ever.size
    seen.through += taken.size
    seen.behindOthers += sent.filter(({ decided }) => decided.filter(({ id }) => taken.has(id)).length > 1).length
    upstream.taken.length = 0
    for (const stream of upstream.streams) stream.bytes = ''
  })
  t.log(JSON.stringify(seen))
  t.true(seen.through > seen.connections / 4)
  t.true(seen.behindOthers > 0)
})
