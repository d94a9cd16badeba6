/** `body: any` in front of an upstream: the limit holds for uploads that did not announce their length. */

import test from 'ava'
import { input } from '../../src/guards/input/input.ts'
import { upstream } from '../../src/handlers/upstream/upstream.ts'
import { codeOf, openGate, openUpstream } from '../handlers/gate.ts'
import { siteOf } from '../helpers/guard-host.ts'

test('an upload that grows beyond the limit is refused, and never reaches the upstream whole', async (t) => {
  let received = 0
  let whole = 0
  const url = await openUpstream(t, (req, res) => {
    req.on('data', (chunk: Buffer) => {
      received += chunk.length
    })
    req.once('error', () => undefined)
    req.once('end', () => {
      whole++
      res.end('taken')
    })
  })
  const services = { schemas: {}, maxBodyBytes: 100_000 } as never
  const { steps = [] } = await input.compile({ body: 'any' }, siteOf({ params: ['rest'] }), services)
  const gate = await openGate(t, [upstream, url], { before: (exchange) => steps[0]?.decide(exchange) })
  const upload = (bytes: number) =>
    gate.send({ method: 'POST', headers: { 'transfer-encoding': 'chunked' }, body: Buffer.alloc(bytes) })
  t.is((await upload(100_000)).body, 'taken')
  received = 0
  const refused = await upload(1_000_000)
  t.deepEqual([refused.status, codeOf(refused)], [413, 'body_too_large'])
  t.true(received <= 100_000)
  t.is(whole, 1)
})

test('no declared header is withheld from the upstream by naming it in Connection', async (t) => {
  const url = await openUpstream(t, (req, res) => void res.end(String(req.headers['x-mode'])))
  const block = { headers: { 'X-Mode': { type: 'string', default: 'safe' } } } as const
  const { steps = [] } = await input.compile(block, siteOf({ params: ['rest'] }), { schemas: {} } as never)
  const gate = await openGate(t, [upstream, url], { before: (exchange) => steps[0]?.decide(exchange) })
  t.is((await gate.send({ headers: { connection: 'x-mode', 'x-mode': 'bold' } })).body, 'safe')
})

test('a header that was sanitised goes up so', async (t) => {
  const url = await openUpstream(t, (req, res) => void res.end(String(req.headers['x-tenant'])))
  const block = { headers: { 'X-Tenant': { type: 'string', transform: ['lowercase'] } } } as const
  const { steps = [] } = await input.compile(block, siteOf({ params: ['rest'] }), { schemas: {} } as never)
  const gate = await openGate(t, [upstream, url], { before: (exchange) => steps[0]?.decide(exchange) })
  t.is((await gate.send({ headers: { 'x-tenant': 'ACME' } })).body, 'acme')
})
