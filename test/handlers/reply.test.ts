import test from 'ava'
import { reply } from '../../src/handlers/reply.ts'
import { openGate, siteOf } from './gate.ts'

test('answers with the status, headers and text of the policy', async (t) => {
  const gate = await openGate(t, [
    reply,
    { status: 410, headers: { Link: '</new>; rel=successor-version' }, body: 'Zürich' },
  ])
  const { status, headers, body } = await gate.send()
  t.is(status, 410)
  t.is(headers['content-type'], 'text/plain; charset=utf-8')
  t.is(headers.link, '</new>; rel=successor-version')
  t.is(headers['content-length'], '7')
  t.is(Buffer.from(body).toString(), 'Zürich')
})

test('answers with JSON where the body is not a text', async (t) => {
  for (const body of [{ a: [1, null] }, [], null, 0, false]) {
    const answer = await (await openGate(t, [reply, { body }])).send()
    t.deepEqual([answer.status, answer.headers['content-type']], [200, 'application/json; charset=utf-8'])
    t.is(answer.body, JSON.stringify(body))
  }
})

test('leaves the type to the policy where it names one', async (t) => {
  const { headers, rawHeaders } = await (
    await openGate(t, [reply, { headers: { 'content-TYPE': 'text/html' }, body: '<p>' }])
  ).send()
  t.is(headers['content-type'], 'text/html')
  t.is(rawHeaders.filter((name) => /^content-type$/i.test(name)).length, 1)
})

test('answers without a body where the policy gives none', async (t) => {
  const plain = await (await openGate(t, [reply, {}])).send()
  t.deepEqual([plain.status, plain.headers['content-length'], plain.headers['content-type']], [200, '0', undefined])
  t.is((await (await openGate(t, [reply, { status: 204 }])).send()).status, 204)
  const head = await (await openGate(t, [reply, { body: 'abc' }])).send({ method: 'HEAD' })
  t.deepEqual([head.body, head.headers['content-length']], ['', '3'])
})

test('refuses headers that HTTP cannot carry or that the server sets, and a body where there is none', (t) => {
  const faultsOf = (block: Parameters<typeof reply.compile>[0]) =>
    (reply.check?.(block, siteOf()) ?? []).map(({ rule, path }) => [rule, ...path].join(' '))
  for (const name of [
    'A B',
    '',
    'Content-Length',
    'connection',
    'Transfer-Encoding',
    'SERVER',
    'Alt-Svc',
    'Access-Control-Max-Age',
  ]) {
    t.deepEqual(faultsOf({ headers: { [name]: 'x' } }), [`reply/invalid-header headers ${name}`])
  }
  t.deepEqual(faultsOf({ headers: { 'X-A': 'a\r\nX-B: b' } }), ['reply/invalid-header headers X-A'])
  t.deepEqual(faultsOf({ headers: { 'X-A': '${value:a}' } }), [])
  t.deepEqual(faultsOf({ status: 204, body: 'x' }), ['reply/body-not-allowed body'])
})
