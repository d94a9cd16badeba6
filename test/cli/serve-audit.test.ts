/** What a server that runs puts on record beyond the exchanges of its app. */

import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import test from 'ava'
import { serveCommand } from '../helpers/command.ts'
import { emptyFolder, writePolicies } from '../helpers/gate.ts'

const policies = { 'a.yaml': 'service: s\nroutes:\n  GET /: { authenticate: public, reply: { body: ok } }\n' }

async function say(url: string, bytes: string): Promise<void> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
    .end(bytes)
    .resume()
  await once(socket, 'close')
}

const recordsIn = (cwd: string): readonly Record<string, unknown>[] => {
  const dir = join(cwd, 'data/audit')
  const [log = ''] = readdirSync(dir)
  const lines = readFileSync(join(dir, log, '00000001.jsonl'), 'utf8')
    .trim()
    .split('\n')
  return lines.map((line) => JSON.parse(line))
}

test('what is no request is on record, and a flood of it is counted', async (t) => {
  const cwd = emptyFolder()
  const served = await serveCommand([writePolicies(policies)], { cwd })
  for (let count = 0; count < 20; count++) await say(served.url, 'GET / HTTP/1.1\r\nno field\r\n\r\n')
  await say(served.url, 'CONNECT other:443 HTTP/1.1\r\nHost: a\r\n\r\n')
  await served.end('SIGTERM')
  const denied = recordsIn(cwd).filter(({ event }) => event === 'access.denied')
  const malformed = denied.filter(({ reason }) => reason === 'request_malformed')
  t.like(malformed[0], { outcome: 'denied', address: '127.0.0.1', cause: 'HPE_INVALID_HEADER_TOKEN', status: 400 })
  t.true(malformed.length < 10)
  t.is(
    malformed.reduce((sum, { count = 1 }) => sum + Number(count), 0),
    20,
  )
  t.is(denied.filter(({ reason }) => reason === 'method_not_allowed').length, 1)
})
