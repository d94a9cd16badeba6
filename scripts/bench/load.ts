/** Load from the second core: wrk, 64 connections, and what it cost the server. */

import { spawn } from 'node:child_process'
import { here, type Peer } from './peer.ts'

export interface Load {
  readonly token: string
  readonly body: string
  readonly seconds: number
}

export interface Round {
  /** Microseconds of server CPU a request. */
  readonly cpu: number
  readonly perSecond: number
  /** Answers that were not 2xx or 3xx, and lost connections. */
  readonly errors: number
}

/** One round of wrk against one server. */
export async function runRound(peer: Peer, { token, body, seconds }: Load): Promise<Round> {
  const before = peer.cpu()
  const script = ['-t1', '-c64', `-d${seconds}s`, '-s', here('post-order.lua'), `${peer.url}/orders/6f1c2c1e`]
  const output = await run('taskset', ['-c', '1', 'wrk', ...script], { BENCH_TOKEN: token, BENCH_BODY: body })
  const [requests = 0, microseconds = 1, errors = 0] = output.trim().split(' ').map(Number)
  return { cpu: ((peer.cpu() - before) * 1e6) / requests, perSecond: (requests * 1e6) / microseconds, errors }
}

function run(command: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] })
  let output = ''
  child.stderr.on('data', (chunk) => {
    output += chunk
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => (code === 0 ? resolve(output) : reject(new Error(`${command}: ${output}`))))
  })
}
