/** What is tried out in `reportOnly` decides and is counted, and never stands in anyone's way. */

import test, { type ExecutionContext } from 'ava'
import type { Decision } from '../../src/core/decision.ts'
import type { Observer } from '../../src/core/observer.ts'
import { type Gate, openGate } from '../helpers/gate.ts'
import { ask } from '../helpers/raw.ts'
import { type Destination, openDestination } from './destination.ts'
import { issuersPolicy } from './issuers.ts'

const policy = (upstream: string) => `
service: trial
upstream: ${upstream}
defaults:
  authenticate: [{ jwt: { issuers: [shop] } }, public]
roles:
  reader:
    - { can: read, subject: Thing, when: { owner: ada } }
routes:
  POST /schema:
    because: being tried out
    reportOnly: [input]
    input:
      maxBytes: 64b
      query: { page: { type: integer } }
      headers: { x-kind: { type: string, enum: [a, b] } }
      body: { type: object, properties: { name: { type: string, maxLength: 4, transform: [trim] } } }
  POST /unread:
    because: being tried out
    reportOnly: [input]
    input: { maxBytes: 64b, body: any, contentTypes: [text/plain] }
  POST /closed:
    because: being tried out
    reportOnly: [input]
  POST /all:
    reportOnly: [rateLimit, scopes, input, authorize]
    rateLimit: [{ by: ip, limit: 1, per: 1h }]
    scopes: [things:write]
    authorize: { action: read, subject: Thing, resource: { owner: '\${headers.x-owner}' } }
    because: being tried out
`

const metricsPolicy = `
service: operations
routes:
  GET /metrics: { authenticate: public, builtin: metrics }
`

interface Trial {
  readonly gate: Gate
  readonly destination: Destination
  readonly decisions: Decision[]
}

async function openTrial(t: ExecutionContext): Promise<Trial> {
  const destination = await openDestination()
  const decisions: Decision[] = []
  const observer: Observer = { finished: ({ decision }) => void decisions.push(decision) }
  const files = {
    'trial.yaml': policy(destination.url),
    'issuers.yaml': issuersPolicy,
    'operations.yaml': metricsPolicy,
  }
  const gate = await openGate(files, { observers: [observer] })
  t.teardown(gate.close)
  t.teardown(destination.close)
  return { gate, destination, decisions }
}

interface Posted {
  readonly path: string
  readonly body: Buffer
  readonly headers?: string
  readonly chunked?: boolean
}

/** A request as bytes; in chunks of 50 bytes where it is chunked. */
function post({ path, body, headers = 'Content-Type: application/json\r\n', chunked = false }: Posted): Buffer {
  const framing = chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`
  const head = Buffer.from(`POST ${path} HTTP/1.1\r\nHost: a\r\n${headers}${framing}\r\n\r\n`)
  return Buffer.concat([head, chunked ? inChunks(body) : body])
}

function inChunks(body: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at < body.length; at += 50) {
    const part = body.subarray(at, at + 50)
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'))
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')])
}

const small = Buffer.from('{"name":"  much too long  ", "__proto__": 1}')
const broken = Buffer.from('{"a":1,"a":2')
const binary = Buffer.from([...Array(256).keys()])
const large = Buffer.alloc(100_000, 'ab\r\n')

for (const path of ['/schema', '/unread', '/closed']) {
  for (const [name, body] of Object.entries({ small, broken, binary, large })) {
    for (const chunked of [false, true]) {
      test(`${path} lets a ${name} body pass byte for byte, ${chunked ? 'in chunks' : 'with its length'}`, async (t) => {
        const { gate, destination, decisions } = await openTrial(t)
        const answer = await ask(gate.port, post({ path, body, chunked }))
        t.is(answer.status, 200)
        t.deepEqual(
          destination.arrived.map((each) => each.body),
          [body],
        )
        t.is(decisions[0]?.denial, undefined)
      })
    }
  }
}

test('passes target and headers on as they came where a failing input is only reported', async (t) => {
  const { gate, destination, decisions } = await openTrial(t)
  const path = '/schema?page=%20x&page=2&other=%3Cscript%3E'
  const headers = 'Content-Type: text/weird; charset=utf-7\r\nX-Kind: c\r\n'
  t.is((await ask(gate.port, post({ path, body: small, headers }))).status, 200)
  const [arrived] = destination.arrived
  t.is(arrived?.url, path)
  t.is(arrived?.headers['x-kind'], 'c')
  t.is(arrived?.headers['content-type'], 'text/weird; charset=utf-7')
  t.deepEqual(
    decisions[0]?.reported.map(({ judge }) => judge.guard),
    ['input'],
  )
})

test('every guard in trial decides, is counted as such, and refuses nothing', async (t) => {
  const { gate, destination, decisions } = await openTrial(t)
  for (let i = 0; i < 3; i++) {
    const answer = await ask(gate.port, post({ path: '/all', body: small }))
    t.is(answer.status, 200)
    t.false(answer.headers.has('x-ratelimit-limit'))
  }
  t.is(destination.arrived.length, 3)
  const reported = decisions.map((decision) => decision.reported.map(({ judge }) => judge.guard))
  t.deepEqual(reported, [
    ['scopes', 'input', 'authorize'],
    ['rateLimit', 'scopes', 'input', 'authorize'],
    ['rateLimit', 'scopes', 'input', 'authorize'],
  ])
  const { body: metrics } = await gate.call('GET', '/metrics')
  for (const [guard, outcome, count] of [
    ['rateLimit', 'allow', 1],
    ['rateLimit', 'deny', 2],
    ['scopes', 'deny', 3],
    ['input', 'deny', 3],
    ['authorize', 'deny', 3],
  ] as const) {
    const labels = `route="POST /all",service="trial",guard="${guard}",mode="reportOnly",outcome="${outcome}"`
    t.true(metrics.includes(`portcullis_decisions_total{${labels}} ${count}\n`), `${guard} ${outcome}`)
  }
})
