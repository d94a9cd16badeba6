import test from 'ava'
import fc from 'fast-check'
import { type Code, catalogue, deny } from '../../src/core/denial.ts'
import { acceptsProblem } from '../../src/enforce/refusal.ts'
import { serve, stack } from './harness.ts'

const codes = Object.keys(catalogue) as Code[]

for (const code of codes) {
  test(`renders ${code} as the house's JSON and as a problem`, async (t) => {
    const denial = deny(code, { headers: ['Retry-After', '7'], cause: 'an internal reason' })
    const { send } = await serve(t, [stack('GET /a', { destination: () => denial })])
    const { status, message } = catalogue[code]

    const plain = await send({ path: '/a', headers: { 'X-Request-Id': 'r1' } })
    t.is(plain.status, status)
    t.is(plain.headers['content-type'], 'application/json')
    t.is(plain.headers['cache-control'], 'no-store')
    t.is(plain.headers['retry-after'], '7')
    t.is(plain.headers['x-request-id'], 'r1')
    t.is(plain.body, JSON.stringify({ status: 'error', code, message, requestId: 'r1' }))

    const problem = await send({ path: '/a', headers: { 'X-Request-Id': 'r2', Accept: 'application/problem+json' } })
    t.is(problem.status, status)
    t.is(problem.headers['content-type'], 'application/problem+json')
    t.deepEqual(JSON.parse(problem.body), {
      type: `urn:portcullis:${code}`,
      title: message,
      status,
      detail: message,
      code,
      requestId: 'r2',
    })
  })
}

test('carries the message and the details of a denial, never its cause', async (t) => {
  const details = [{ in: 'body', path: '/items/0/sku', rule: 'pattern', message: 'must match' }] as const
  const denial = deny('input_invalid', { message: 'Says "what" is wrong', details, cause: 'secret reason' })
  const { send } = await serve(t, [stack('POST /a', { destination: () => denial })])
  for (const Accept of ['*/*', 'application/problem+json']) {
    const { body } = await send({ method: 'POST', path: '/a', headers: { Accept } })
    t.deepEqual(JSON.parse(body).details, details)
    t.is(JSON.parse(body).message ?? JSON.parse(body).detail, 'Says "what" is wrong')
    t.notRegex(body, /secret/)
  }
})

test('reads Accept as RFC 9110 says', (t) => {
  const accepting = [
    'application/problem+json',
    'application/json, application/problem+json',
    'APPLICATION/Problem+JSON; q=0.5',
    'text/html, application/problem+json;q=0.2, */*;q=0.1',
    'application/problem+json;profile=x;q=1.000, application/json;q=1',
  ]
  const declining = [
    undefined,
    '',
    '*/*',
    'application/*',
    'application/json',
    'application/problem+xml',
    'application/problem+json;q=0',
    'application/problem+json;q=2',
    'application/problem+json;q=x',
    'application/json, application/problem+json;q=0.9',
  ]
  for (const accept of accepting) t.true(acceptsProblem(accept), accept)
  for (const accept of declining) t.false(acceptsProblem(accept), accept)
  fc.assert(fc.property(fc.string(), (text) => void acceptsProblem(`problem${text}`)))
})
