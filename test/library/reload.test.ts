import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { PolicyRefused } from '../../src/index.ts'
import { until } from '../handlers/gate.ts'
import { openApp } from './app.ts'

/** Its name stands in three places of each answer, each written by another part. */
const named = (name: string) => `
defaults: { authenticate: public, headers: { use: api, set: { X-Policy: ${name} } } }
routes:
  GET /reply: { reply: { body: ${name} } }
  GET /next: { input: { query: { policy: { type: string, default: ${name} } } }, handler: next }
`

test('answers every request by one whole policy while reloads swap two and refuse a third, and to the last while it closes', async (t) => {
  const { gate, directory, send, logged, errors } = await openApp(t, {
    policies: named('one'),
    behind: [
      (ctx) => {
        ctx.body = ctx.state.input.query.policy
      },
    ],
  })
  const seen = new Map<string, number>()
  let [answered, decided, isOver] = [0, 0, false]
  const ask = async (path: string) => {
    while (!isOver) {
      const { status, headers, body } = await send({ path })
      const answer = status === 200 ? `${headers['x-policy']} ${body}` : `${status} ${JSON.parse(body).code}`
      seen.set(answer, (seen.get(answer) ?? 0) + 1)
      answered++
    }
  }
  const more = () => {
    const enough = answered + 16
    return until(() => answered >= enough)
  }
  gate.on('decision', () => decided++)
  const asking = Array.from({ length: 8 }, (_, index) => ask(index % 2 === 0 ? '/reply' : '/next'))
  for (const text of Array.from({ length: 15 }, (_, index) => [named('two'), 'routes: {', named('one')][index % 3])) {
    writeFileSync(join(directory, 'app.yaml'), text ?? '')
    const reloading = gate.reload().catch((error) => t.true(error instanceof PolicyRefused))
    await Promise.all([reloading, more()])
  }
  await gate.close()
  await more()
  isOver = true
  await Promise.all(asking)
  t.deepEqual([...seen.keys()].sort(), ['503 shutting_down', 'one one', 'two two'])
  t.is((seen.get('one one') ?? 0) + (seen.get('two two') ?? 0), decided)
  t.deepEqual([logged, errors], [[], []])
})
