import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import test from 'ava'
import { verifyLogs } from '../../src/tools/audit/verify.ts'
import { serveCommand } from '../helpers/command.ts'
import { emptyFolder, writePolicies } from '../helpers/gate.ts'

/** How often the server is killed. */
const kills = Number(process.env.AUDIT_KILLS ?? 20)

const policy = `
service: payments
settings: { audit: { fsync: batch, heads: { every: 1s } } }
routes:
  POST /payments/:id:
    authenticate: public
    because: everyone may pay here
    audit: { required: true, resource: '\${params.id}' }
    reply: { status: 201 }
  GET /payments/:id:
    authenticate: public
    audit: { required: true, resource: '\${params.id}' }
    reply: { status: 200 }
`

const agent = new Agent({ keepAlive: true, maxSockets: 32 })

/** The status of the answer; none where the server was gone before. */
function call(url: string, method: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const sent = request(url, { method, agent }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
    sent.once('error', () => resolve(undefined))
    sent.end()
  })
}

/** Calls one after another until the server is gone; notes what was answered. */
async function callOn(url: string, name: string, answered: string[]): Promise<void> {
  for (let count = 0; ; count++) {
    const id = `${name}-${count}`
    const status = await call(`${url}/payments/${id}`, count % 2 === 0 ? 'POST' : 'GET')
    if (status === undefined) return
    if (status === 200 || status === 201) answered.push(id)
  }
}

/** One life of the server under load, to its death after so many answers. */
async function live(cwd: string, directory: string, life: number): Promise<readonly string[]> {
  const answered: string[] = []
  const { url, child } = await serveCommand([directory], { cwd })
  const enough = Math.random() * 400
  const clients = Array.from({ length: 32 }, (_, client) => callOn(url, `${life}-${client}`, answered))
  while (answered.length < enough) await call(`${url}/payments/other`, 'GET')
  const closed = once(child, 'close')
  child.kill('SIGKILL')
  await Promise.all([closed, ...clients])
  return answered
}

test(`whatever was answered is on record, and the chain holds, after ${kills} kills of a server under load`, async (t) => {
  t.timeout(kills * 20_000)
  const cwd = emptyFolder()
  const directory = writePolicies({ 'payments.yaml': policy })
  const answered: string[] = []
  for (let life = 0; life < kills; life++) answered.push(...(await live(cwd, directory, life)))
  const dir = join(cwd, 'data/audit')
  const { logs } = await verifyLogs(dir, { heads: [], keys: [] })
  t.deepEqual(
    logs.map(({ verdict }) => verdict),
    ['unproven'],
  )
  const [log = ''] = readdirSync(dir)
  const lines = readFileSync(join(dir, log, '00000001.jsonl'), 'utf8').split('\n')
  const kept = new Set(lines.map((line) => /"resource":"([^"]+)"/.exec(line)?.[1]))
  t.deepEqual(
    answered.filter((id) => !kept.has(id)),
    [],
  )
  t.log(`${answered.length} answers, ${lines.length} records`)
  t.true(answered.length > kills * 10)
})

test('what was only counted is on record though an error that nobody caught ends the server', async (t) => {
  const cwd = emptyFolder()
  const directory = writePolicies({
    'api.yaml': `
service: api
routes:
  POST /bug: { authenticate: public, because: a test, handler: './bug.js#bug' }
`,
    'bug.js':
      'export const bug = () => { setImmediate(() => { throw new Error("bug") }); return new Promise(() => {}) }',
  })
  const { url, child } = await serveCommand([directory], { cwd })
  const closed = once(child, 'close')
  for (let n = 0; n < 4; n++) t.is(await call(`${url}/nothing`, 'GET'), 404)
  t.is(await call(`${url}/bug`, 'POST'), undefined)
  await closed
  const dir = join(cwd, 'data/audit')
  const text = readFileSync(join(dir, readdirSync(dir)[0] ?? '', '00000001.jsonl'), 'utf8')
  const records = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  t.true(records.some(({ event, count }) => event === 'access.denied' && count === 3))
  t.is(records.at(-1)?.event, 'audit.stopped')
})
