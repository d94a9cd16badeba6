/** Many nodes in processes of their own, one limit: never one over it. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import test, { type ExecutionContext } from 'ava'
import type { Limit } from '../../../../src/services/counters/counters.ts'
import { startRedis } from '../../../helpers/redis-server.ts'
import { bucket, sliding } from '../limits.ts'

interface Load {
  readonly nodes: number
  readonly limit: Limit
  /** Of each node at once, over and over for so many milliseconds. */
  readonly takes: number
  readonly milliseconds: number
}

interface Told {
  readonly allowed: number
  readonly times: readonly number[]
}

const file = new URL('taker.ts', import.meta.url).pathname

/** Starts all nodes, lets them go together; returns Redis's times of all takes that were allowed, in order. */
async function takeTogether(t: ExecutionContext, { nodes, ...load }: Load): Promise<readonly number[]> {
  const { port } = await startRedis(t)
  const children = Array.from({ length: nodes }, () =>
    spawn(process.execPath, [file, JSON.stringify({ port, ...load })], { stdio: ['pipe', 'pipe', 'inherit'] }),
  )
  t.teardown(() => children.forEach((child) => void child.kill('SIGKILL')))
  const lines = children.map((child) => createInterface(child.stdout)[Symbol.asyncIterator]())
  for (const line of lines) await line.next()
  for (const child of children) child.stdin.write('go\n')
  const told = await Promise.all(lines.map(async (line) => JSON.parse((await line.next()).value ?? '') as Told))
  await Promise.all(children.map(ended))
  for (const { allowed, times } of told) t.is(allowed, times.length)
  return told.flatMap(({ times }) => times).sort((a, b) => a - b)
}

const ended = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode === null) await once(child, 'exit')
}

for (const algorithm of ['token-bucket', 'sliding-window'] as const) {
  test.serial(`of ten times the limit over eight processes, a ${algorithm} allows exactly the limit`, async (t) => {
    const limit = bucket({ algorithm, limit: 400, period: 3_600_000 })
    const times = await takeTogether(t, { nodes: 8, limit, takes: 500, milliseconds: 0 })
    t.is(times.length, 400)
  })
}

test.serial('no window of a sliding window holds more than the limit, wherever it begins', async (t) => {
  const limit = sliding({ limit: 100, period: 500 })
  const times = await takeTogether(t, { nodes: 4, limit, takes: 30, milliseconds: 3_000 })
  // A window that holds the most begins with a take: each of them is looked at.
  for (const [index, start] of times.entries()) {
    const inside = times.slice(index).filter((time) => time < start + limit.period).length
    t.true(inside <= 100, `${inside} from ${start}`)
  }
  // It is used up again and again: at least once for each window that passed, but for what leaves a segment late.
  t.true(times.length >= 500, `${times.length}`)
})

test.serial('a token bucket never allows more than burst and rate, whenever one begins to count', async (t) => {
  const limit = bucket({ limit: 100, period: 500, burst: 40 })
  const times = await takeTogether(t, { nodes: 4, limit, takes: 30, milliseconds: 2_000 })
  for (const [index, start] of times.entries())
    for (const [count, time] of times.slice(index).entries()) {
      const most = limit.burst + ((time - start) * limit.limit) / limit.period
      if (count + 1 > most) t.fail(`${count + 1} in ${time - start} ms`)
    }
  t.true(times.length >= 400, `${times.length}`)
})
