/** A server under measurement: started on a core of its own, its CPU time read from the system. */

import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

export const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export interface Peer {
  readonly name: string
  readonly url: string
  /** Seconds of processor time, user and system together. */
  cpu(): number
  stop(): void
}

const ticksPerSecond = 100
const patienceMs = 20_000

/** Starts `node ...args` on the first core, with `PORT` and `env` set, and waits until it answers. */
export async function startPeer(
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Peer> {
  const port = await freePort()
  const child = spawn(
    'taskset',
    ['-c', '0', process.execPath, ...args.map((arg) => arg.replace('$PORT', String(port)))],
    {
      env: { ...process.env, ...env, PORT: String(port), NODE_ENV: 'production' },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  )
  const url = `http://127.0.0.1:${port}`
  await untilItAnswers(url, child)
  return { name, url, cpu: () => cpuOf(child), stop: () => void child.kill('SIGKILL') }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
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
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`${url} does not answer`)
}

/** Fields 14 and 15 of /proc/PID/stat (proc(5)). */
function cpuOf({ pid }: ChildProcess): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}
