/** A server under measurement: started on a core of its own, the CPU time of all its processes read from the system. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export interface Program {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** The core that it is pinned to; the first unless told. */
  readonly core?: number
}

export interface Peer {
  readonly url: string
  /** Seconds of processor time, user and system together, of the process and its children. */
  cpu(): number
  /** Megabytes (10^6 bytes) that they hold in memory. */
  resident(): number
  /** Asks the server to end, and waits until it has. */
  stop(): Promise<void>
}

const ticksPerSecond = 100
const patienceMs = 60_000
const running = new Set<ChildProcess>()

// However the bench ends, no server outlives it.
process.once('exit', () => {
  for (const child of running) child.kill('SIGTERM')
})

/** Starts what `programFor` makes of a free port, and waits until it answers. */
export async function startPeer(programFor: (port: number) => Program): Promise<Peer> {
  const port = await freePort()
  const { command, args, env = {}, core = 0 } = programFor(port)
  const child = spawn('taskset', ['-c', String(core), command, ...args], {
    env: { ...process.env, ...env, PORT: String(port), NODE_ENV: 'production' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  const url = `http://127.0.0.1:${port}`
  await untilItAnswers(url, child)
  const processes = [child.pid ?? 0, ...childrenOf(child.pid ?? 0)]
  return {
    url,
    cpu: () => processes.reduce((sum, pid) => sum + cpuOf(pid), 0),
    resident: () => processes.reduce((sum, pid) => sum + residentOf(pid), 0),
    stop: () => stop(child),
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function untilItAnswers(url: string, child: ChildProcess): Promise<void> {
  const end = Date.now() + patienceMs
  while (Date.now() < end && child.exitCode === null) {
    const answered = await fetch(url).then(
      () => true,
      () => false,
    )
    if (answered) return
    await delay(50)
  }
  throw new Error(`\`${child.spawnargs.join(' ')}\` does not answer`)
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

/** proc_pid_task(5); what nginx calls its workers. */
function childrenOf(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')
  return children.filter((child) => child !== '').map(Number)
}

/** Seconds of processor time: fields 14 and 15 of /proc/PID/stat (proc_pid_stat(5)). */
export function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

/** VmRSS of /proc/PID/status (proc_pid_status(5)), in megabytes. */
export function residentOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return (Number(kilobytes) * 1024) / 1e6
}
