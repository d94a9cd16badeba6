/** The citadel served by the real command in a process of its own, whose log is read for faults as it is written. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { emptyFolder, writePolicies } from '../../helpers/gate.ts'
import { type Destination, openDestination } from '../destination.ts'
import { type AccountBase, makeAccounts } from './accounts.ts'
import { beyond, citadel } from './citadel.ts'
import { filesOf } from './rig.ts'

const main = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))

export interface Served {
  readonly port: number
  readonly base: AccountBase
  readonly destination: Destination
  /** Lines of its log that tell of a fault; and what it wrote beside its log. */
  readonly faults: string[]
  isAlive(): boolean
  /** Resident memory, in megabytes. */
  memory(): number
  close(): Promise<void>
}

/** Faults of ours are logged as errors; what an upstream or a client does is not. */
const isFault = (line: string): boolean =>
  /"level":(50|60|"error"|"fatal")|internal_error|unhandled|uncaught/i.test(line)

export async function serveCitadel(): Promise<Served> {
  const [base, destination] = [await makeAccounts(), await openDestination()]
  const directory = writePolicies({ ...filesOf(citadel, base, destination.url), 'beyond.yaml': JSON.stringify(beyond) })
  const args = [main, 'serve', directory, '--port', '0']
  const child = spawn(process.execPath, args, { cwd: emptyFolder(), stdio: ['ignore', 'pipe', 'pipe'] })
  const faults: string[] = []
  const port = Number(new URL(await follow(child, faults)).port)
  // What `check` warns of.
  faults.length = 0
  return {
    port,
    base,
    destination,
    faults,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    memory: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
    async close() {
      destination.close()
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGKILL')
      await once(child, 'close')
    },
  }
}

/** Where it listens, once it says so. */
function follow(child: ChildProcess, faults: string[]): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const { stdout, stderr } = child
  if (stdout === null || stderr === null) throw new Error('no output')
  createInterface({ input: stdout }).on('line', (line) => {
    const url = /"url":"([^"]+)"/.exec(line)?.[1]
    if (url !== undefined) resolve(url)
    if (isFault(line)) faults.push(line)
  })
  createInterface({ input: stderr }).on('line', (line) => faults.push(line))
  child.once('exit', (code, signal) => {
    faults.push(`the process ended: ${code ?? signal}`)
    reject(new Error(`serve ended: ${faults.join('\n')}`))
  })
  return promise
}
