/** What shows only in time and in the log: slots, timeouts, records. Found where it is so, missed where it is taken out. */

import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { guards } from '../../../src/guards/index.ts'
import { inspect } from '../../../src/policy/inspect.ts'
import { keepLog } from '../../../src/services/audit/keep-log.ts'
import { auditObserver } from '../../../src/services/audit/observe.ts'
import { readDevKey } from '../../../src/services/keys/dev-key.ts'
import { createLog } from '../../../src/services/log.ts'
import { createWorld } from '../../../src/services/world.ts'
import { Forge } from '../../../src/tools/attack/forge.ts'
import { Records, withoutRecords } from '../../../src/tools/attack/on-record.ts'
import { planAttack } from '../../../src/tools/attack/plan.ts'
import { type Report, runAttack } from '../../../src/tools/attack/run.ts'
import { emptyFolder, type Gate, openGate } from '../../helpers/gate.ts'

const policy = (dir: string) => `
settings: { audit: { dir: ${dir}, events: [report.read] } }
issuers: { shop: { builtin: true, audience: shop-api } }
defaults: { authenticate: jwt }
routes:
  GET /reports: { concurrency: { max: 2, queue: 1 }, handler: ./slow.ts#report }
  GET /feed: { concurrency: { max: 2 }, reply: { body: [] } }
  GET /hanging: { timeout: 200ms, handler: ./slow.ts#hang }
  GET /quick: { timeout: 200ms, reply: { body: [] } }
  GET /read: { audit: { action: report.read }, reply: { body: [] } }
  POST /write: { audit: { required: true }, reply: { status: 201 } }
`
const handlers = `
import { setTimeout as delay } from 'node:timers/promises'
export const report = async (ctx) => { await delay(800); ctx.body = [] }
export const hang = async (ctx) => { await delay(2500); ctx.body = [] }
`

interface Trial {
  readonly gate: Gate
  readonly log: string
}

/** A gate without one guard, or with all of them. */
async function openWithout(t: ExecutionContext, name?: string): Promise<Trial> {
  const log = join(emptyFolder(), 'audit')
  const guard = guards.find((each) => each.name === name) as { compile: unknown } | undefined
  const compile = guard?.compile
  if (guard !== undefined) guard.compile = () => ({})
  const world = createWorld(createLog({ pretty: false, level: 'error' }))
  const recorder = auditObserver(world)
  const files = { 'shop.yaml': policy(log), 'slow.ts': handlers }
  const gate = await openGate(files, { world, observers: [recorder] }).finally(() => {
    if (guard !== undefined) guard.compile = compile
  })
  const { audit } = gate.settings
  if (audit === undefined) throw new Error('the policy names its log')
  const kept = await keepLog(audit, world)
  t.teardown(async () => {
    await gate.close()
    recorder.close()
    await kept.close()
  })
  return { gate, log }
}

async function attack({ gate, log }: Trial): Promise<Report> {
  const policy = inspect(gate.directory)
  const forge = new Forge(policy, new Map([['shop', { key: await readDevKey() }]]))
  const plan = planAttack(policy, { forge, own: '127.0.0.1', isTrusted: false, writes: true, maxBody: 102_400 })
  const records = await Records.open(log)
  return records.addTo(await runAttack(new URL(gate.url), plan, { rate: 2_000, most: 5_000, patience: 5 }))
}

const told = ({ findings }: Report) => findings.map(({ probe, message }) => `${probe.guard} ${probe.route}: ${message}`)

test.serial('where they hold, they are as the policies say, or told not to show', async (t) => {
  const report = await attack(await openWithout(t))
  t.deepEqual(told(report), [])
  t.is(report.sound.get('concurrency'), 1)
  t.is(report.sound.get('timeout'), 1)
  t.is(report.sound.get('audit'), 2)
  t.deepEqual(report.untried, [
    { guard: 'timeout', route: 'GET /quick', why: 'no answer took so long' },
    { guard: 'concurrency', route: 'GET /feed', why: 'the answers came too soon for its slots to fill' },
  ])
})

test.serial('it notices that a server has no `concurrency`', async (t) => {
  t.deepEqual(told(await attack(await openWithout(t, 'concurrency'))), [
    'concurrency GET /reports: expected 503 `overloaded` for one of 4, all were let in',
  ])
})

test.serial('it notices that a server has no `timeout`', async (t) => {
  const [found = '', ...others] = told(await attack(await openWithout(t, 'timeout')))
  t.regex(found, /^timeout GET \/hanging: expected an answer within 0\.2 s, it took 2\.\d s$/)
  t.deepEqual(others, [])
})

test.serial('it notices that a server has no `audit`', async (t) => {
  t.deepEqual(told(await attack(await openWithout(t, 'audit'))), [
    'audit GET /read: expected a record of `report.read`, there is none',
  ])
})

test.serial('it notices records of another server, and says where none are looked at', async (t) => {
  const [one, other] = [await openWithout(t), await openWithout(t)]
  const report = await attack({ gate: one.gate, log: other.log })
  t.deepEqual(told(report), [
    'audit GET /read: expected a record of `report.read`, there is none',
    'audit POST /write: expected a record of it, there is none',
  ])
  const [last] = withoutRecords(report).untried.slice(-1)
  t.deepEqual(last, { guard: 'audit', route: '', why: 'the log alone shows it: `--audit`' })
})

test.serial('a folder without a log is told before anything is sent', async (t) => {
  await t.throwsAsync(Records.open(emptyFolder()), { message: /no audit log is in/ })
})
