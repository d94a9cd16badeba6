/** Load from the second core: wrk, 64 connections, and what it cost the server. */

import { spawn } from 'node:child_process'
import { goodOrder } from './orders.ts'
import { here, type Peer } from './peer.ts'
import { sign } from './tokens.ts'

export interface Load {
  readonly body?: string
  /** Sent with every request, a good one unless told. */
  readonly token?: string
  /** Of a file of tokens each is sent once; `tail` takes the place of its last characters. */
  readonly tokens?: { readonly file: string; readonly tail?: string }
  readonly expectsRefusal?: boolean
}

export interface Round {
  /** Microseconds of server CPU a request. */
  readonly cpu: number
  readonly perSecond: number
  readonly requests: number
  /** Answers that were refusals and should not be, or the other way round, and lost connections. */
  readonly errors: number
}

export interface Span {
  readonly seconds: number
  /** Requests that were sent to this server before. */
  readonly sent: number
}

/** One round of wrk against one server. */
export async function runRound(peer: Peer, load: Load, { seconds, sent }: Span): Promise<Round> {
  const before = peer.cpu()
  const script = ['-t1', '-c64', `-d${seconds}s`, '-s', here('post-order.lua'), `${peer.url}/orders/6f1c2c1e`]
  const output = await run('taskset', ['-c', '1', 'wrk', ...script], environmentOf(load, sent))
  const used = peer.cpu() - before
  const [requests = 0, microseconds = 1, refused = 0, lost = 0] = output.trim().split(' ').map(Number)
  return {
    cpu: (used * 1e6) / requests,
    perSecond: (requests * 1e6) / microseconds,
    requests,
    errors: lost + (load.expectsRefusal ? requests - refused : refused),
  }
}

function environmentOf({ body = goodOrder, token, tokens }: Load, sent: number): Readonly<Record<string, string>> {
  if (tokens === undefined) return { BENCH_BODY: body, BENCH_TOKEN: token ?? sign() }
  const tail = tokens.tail === undefined ? {} : { BENCH_TAIL: tokens.tail }
  return { BENCH_BODY: body, BENCH_TOKENS: tokens.file, BENCH_FIRST: String(sent), ...tail }
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
