/** From the command to the first moment it listens, on the sample policies; and what the process then holds. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { here, residentOf } from '../peer.ts'
import { median } from '../statistics.ts'
import { boundedPart, type Part } from './part.ts'

interface Start {
  readonly seconds: number
  readonly megabytes: number
}

/** `folder` is where the server runs: it keeps its development key there. */
export async function measureStart(folder: string, isQuick: boolean): Promise<readonly Part[]> {
  const starts: Start[] = []
  for (let run = 0; run < (isQuick ? 3 : 10); run++) starts.push(await start(folder))
  const seconds = median(starts.map((each) => each.seconds))
  const megabytes = median(starts.map((each) => each.megabytes))
  return [
    boundedPart('start on the sample policies', { got: seconds, most: 0.4, unit: 's', digits: 2 }),
    boundedPart('resident memory, idle', { got: megabytes, most: 100, unit: 'MB' }),
  ]
}

async function start(folder: string): Promise<Start> {
  const args = [here('../../src/cli/main.ts'), 'serve', here('../../policies'), '--port', '0']
  // As `npm start` sets it: the first start compiles, the others find it done.
  const env = { ...process.env, NODE_COMPILE_CACHE: here('../../node_modules/.cache/portcullis') }
  const before = performance.now()
  const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    for await (const line of createInterface({ input: child.stdout }))
      if (line.includes('listening on'))
        return { seconds: (performance.now() - before) / 1000, megabytes: residentOf(child.pid ?? 0) }
  } finally {
    child.kill('SIGTERM')
    if (child.exitCode === null) await once(child, 'exit')
  }
  throw new Error('`serve` ended before it listened')
}
