/** From the command to the first moment it listens, on the sample policies; and what the process holds once it has been idle. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { here, residentOf } from '../peer.ts'
import { median } from '../statistics.ts'
import { boundedPart, type Part } from './part.ts'

/** Milliseconds without a request, of a server on a database that nobody has written to of late. */
const idleFor = 15_000

/** Milliseconds without a write, after which a server leaves the file alone. */
const untouchedFor = 5_000

type Serving = Readonly<{ seconds: number; pid: number }>

/** `folder` is where the server runs: it keeps its development key there. */
export async function measureStart(folder: string, isQuick: boolean): Promise<readonly Part[]> {
  const seconds: number[] = []
  const megabytes: number[] = []
  for (let run = 0; run < (isQuick ? 3 : 10); run++)
    seconds.push(await start(folder, async (started) => started.seconds))
  // The first start has made the database: what was written just now is read for a while.
  await pause(untouchedFor)
  for (let run = 0; run < (isQuick ? 1 : 3); run++) megabytes.push(await start(folder, residentIdle))
  return [
    boundedPart('start on the sample policies', { got: median(seconds), most: 0.4, unit: 's', digits: 2 }),
    boundedPart('resident memory, idle', { got: median(megabytes), most: 100, unit: 'MB' }),
  ]
}

async function residentIdle({ pid }: Serving): Promise<number> {
  await pause(idleFor)
  return residentOf(pid)
}

/** What is measured of a server, from where it listens on. */
async function start(folder: string, measure: (serving: Serving) => Promise<number>): Promise<number> {
  const args = [here('../../src/cli/main.ts'), 'serve', here('../../policies'), '--port', '0']
  // As `npm start` sets it: the first start compiles, the others find it done.
  const env = { ...process.env, NODE_COMPILE_CACHE: here('../../node_modules/.cache/portcullis') }
  const before = performance.now()
  const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    for await (const line of createInterface({ input: child.stdout }))
      if (line.includes('listening on'))
        return await measure({ seconds: (performance.now() - before) / 1000, pid: child.pid ?? 0 })
  } finally {
    child.kill('SIGTERM')
    if (child.exitCode === null) await once(child, 'exit')
  }
  throw new Error('`serve` ended before it listened')
}
