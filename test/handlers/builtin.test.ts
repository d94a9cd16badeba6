import test from 'ava'
import { builtin } from '../../src/handlers/builtin/builtin.ts'
import { openGate } from './gate.ts'

test('says that it is alive', async (t) => {
  const { status, headers, body } = await (await openGate(t, [builtin, 'health'])).send()
  t.deepEqual(
    [status, headers['content-type'], headers['cache-control'], body],
    [200, 'application/json; charset=utf-8', 'no-store', '{"status":"ok"}'],
  )
})

test('says whether it is ready, and which parts fail, but not how', async (t) => {
  const gate = await openGate(t, [builtin, 'ready'])
  const ask = async () => {
    const { status, body } = await gate.send()
    return [status, JSON.parse(body)]
  }
  const { status } = gate.services
  t.deepEqual(await ask(), [503, { status: 'unready' }])
  status.open()
  t.deepEqual(await ask(), [200, { status: 'ready' }])
  const issuer = {}
  status.report(issuer, 'issuers/corp', 'https://internal.example refused the connection')
  t.deepEqual(await ask(), [200, { status: 'degraded', failing: ['issuers/corp'] }])
  status.clear(issuer)
  t.deepEqual(await ask(), [200, { status: 'ready' }])
  status.close()
  t.deepEqual(await ask(), [503, { status: 'unready' }])
})

test('shows what was counted, in the format of Prometheus', async (t) => {
  const gate = await openGate(t, [builtin, 'metrics'])
  await gate.send({ path: '/secret/7?token=x' })
  const { status, headers, body } = await gate.send()
  t.deepEqual([status, headers['content-type']], [200, 'text/plain; version=0.0.4; charset=utf-8'])
  t.true(body.includes('portcullis_requests_total{route="ANY /*rest",service="test",method="GET",status="200"} 1\n'))
  t.true(body.includes('portcullis_requests_in_flight 1\n'))
  t.true(body.includes('process_cpu_seconds_total'))
  t.false(body.includes('secret'))
})

test('knows only what it can answer', (t) => {
  const about = ['health', 'ready', 'metrics', 'openapi', 'docs']
  t.deepEqual(builtin.schema.json.anyOf?.[0]?.enum, [
    ...about,
    'login',
    'refresh',
    'logout',
    'password',
    'me',
    'sessions',
    'session',
    'jwks',
  ])
})
