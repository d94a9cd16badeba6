/** What a server process keeps hold of, told by itself: a module that is put into it tells of its heap on SIGUSR2. */

import { once } from 'node:events'
import type { Served } from './command.ts'

const program = `
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')
process.on('SIGUSR2', () => {
  collect()
  setImmediate(() => {
    collect()
    const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0)
    const resources = process.getActiveResourcesInfo().filter((name) => name !== 'TCPSocketWrap')
    process.stdout.write(JSON.stringify({ probe: { heap: process.memoryUsage().heapUsed, listeners, resources } }) + '\\n')
  })
})`

/** The environment of a process that can be probed. */
export const probed = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(program)}` }

export interface Held {
  /** Bytes in use after garbage collection. */
  readonly heap: number
  /** Of `process`. */
  readonly listeners: number
  /** What keeps or may keep its event loop busy, apart from connections. */
  readonly resources: readonly string[]
}

/** Asks the process. */
export async function probe({ child, logged }: Served): Promise<Held> {
  const tellings = () => logged().filter((line) => 'probe' in line)
  const before = tellings().length
  child.kill('SIGUSR2')
  while (tellings().length === before && child.stdout) await once(child.stdout, 'data')
  return tellings().at(-1)?.probe as Held
}
