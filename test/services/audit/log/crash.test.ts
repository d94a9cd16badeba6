import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import test from 'ava'
import { openAuditLog } from '../../../../src/services/audit/log/open.ts'
import { env, readWhole, setup, temporaryFolder } from './harness.ts'

const writer = new URL('../../../fixtures/audit/writer.ts', import.meta.url).pathname

/** Kills a writer under load, once it has said a random number of ids; what it had said was kept. */
async function crash(dir: string, fsync: string): Promise<readonly string[]> {
  const child = spawn(process.execPath, [writer, dir, 'load', fsync], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const enough = 20 + Math.random() * 300
  const said: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    if (/^\d+\/\d+\/\d+$/.test(line)) said.push(line)
    if (said.length >= enough && !child.killed) child.kill('SIGKILL')
  }
  return said
}

for (const [fsync, times] of [
  ['batch', 12],
  ['always', 4],
  ['os', 4],
] as const) {
  test(`has each acknowledged record, and a whole chain, after ${times} kills under load with fsync ${fsync}`, async (t) => {
    t.timeout(120_000)
    const dir = await temporaryFolder(t)
    const said: string[] = []
    for (let n = 0; n < times; n++) said.push(...(await crash(dir, fsync)))
    const log = await openAuditLog(setup(dir))
    await log.close()
    const { records, headed } = await readWhole(join(dir, log.id))
    const kept = new Set(records.flatMap(({ id }) => (typeof id === 'string' ? [id] : [])))
    t.true(said.length > times * 20, String(said.length))
    t.deepEqual(
      said.filter((id) => !kept.has(id)),
      [],
    )
    t.is(records.filter(({ event }) => event === 'audit.started').length, times + 1)
    t.is(headed.at(-1), records.length)
  })
}
