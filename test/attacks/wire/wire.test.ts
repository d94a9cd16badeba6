/** Odd bytes over raw sockets against a whole gate: each shape is refused and nothing after it obeyed, or arrives as what it means. */

import test from 'ava'
import { type Gate, openGate } from '../../helpers/gate.ts'
import { RawClient } from '../../helpers/raw.ts'
import { type Destination, openDestination } from '../destination.ts'
import { get, host, refused } from './refused.ts'
import { understood } from './understood.ts'

let gate: Gate
let destination: Destination

test.before(async () => {
  destination = await openDestination()
  gate = await openGate({
    'a.yaml': `
service: a
upstream: ${destination.url}
defaults: { authenticate: public, rateLimit: [{ by: ip, limit: 1000000, per: 1m }] }
routes:
  ANY /*rest: { input: { query: any, body: any, maxBytes: 100kb } }
`,
  })
})
test.after.always(async () => {
  await gate?.close()
  destination?.close()
})

/** Its answer is the connection's last, so that what comes back has an end. */
const farewell = get('/farewell', `${host}Connection: close\r\n`)

/** All that comes back of these bytes and the farewell, and what has reached the destination. */
async function exchange(bytes: string) {
  destination.arrived.length = 0
  const text = await (await RawClient.connect(gate.port)).send(bytes + farewell).rest()
  const arrived = destination.arrived.map(({ method, url, body }) => `${method} ${url} ${body.toString('latin1')}`)
  const statuses = [...text.matchAll(/HTTP\/1\.1 ([0-9]{3}) /g)].map(([, status]) => Number(status))
  return { statuses, text, arrived }
}

/** Refused by the app with the extent of the request certain: the connection goes on. */
const harmless = /^(?:Request target|Host header|Header `host`|Method not allowed$)/

for (const [message, shapes] of Object.entries(refused)) {
  for (const [shape, bytes] of Object.entries(shapes)) {
    test.serial(`refuses ${shape}: ${message}`, async (t) => {
      const { statuses, text, arrived } = await exchange(bytes)
      t.true(text.includes(`"message":"${message}"`), text)
      t.true([400, 405, 413, 431].includes(statuses[0] ?? 0))
      if (statuses.length > 1) t.regex(message, harmless)
      t.deepEqual(
        arrived,
        statuses.slice(1).map(() => 'GET /farewell '),
      )
    })
  }
}

for (const [shape, [bytes, ...expected]] of Object.entries(understood)) {
  test.serial(`understands ${shape}`, async (t) => {
    const { statuses, arrived } = await exchange(bytes)
    t.deepEqual(
      statuses,
      [...expected, ''].map(() => 200),
    )
    // They go up over connections of their own.
    t.deepEqual(arrived.toSorted(), [...expected, 'GET /farewell '].toSorted())
  })
}
