/** What fifty good clients notice of two thousand connections that send, as fast as they are answered, what is refused. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { goodOrder } from '../orders.ts'
import { here, startPeer } from '../peer.ts'
import { portcullis } from '../programs.ts'
import { forgedTail, sign } from '../tokens.ts'
import { boundedPart, type Part } from './part.ts'

const good = { connections: 50, niceness: 0 }
const flood = { connections: 2000, niceness: 10 }

interface Crowd {
  readonly connections: number
  /** Both crowds share a core, and the good ones are not to wait for the others there. */
  readonly niceness: number
}

interface Felt {
  /** Milliseconds. */
  readonly p99: number
  readonly perSecond: number
}

export async function measureFlood(isQuick: boolean): Promise<readonly Part[]> {
  const seconds = isQuick ? 3 : 10
  const server = await startPeer(portcullis(here('policies')))
  const token = sign()
  const ask = (crowd: Crowd, sent: string, span: number) => runCrowd(server.url, crowd, { token: sent, seconds: span })
  await ask(good, token, seconds)
  const calm = await ask(good, token, seconds)
  const before = server.resident()
  const flooding = ask(flood, token.slice(0, -forgedTail.length) + forgedTail, 2 * seconds + 2)
  await delay(2000)
  const pressed = await ask(good, token, seconds)
  const grown = server.resident() - before
  await flooding
  await server.stop()
  const figure = ({ p99, perSecond }: Felt) => `${p99.toFixed(1)} ms, ${perSecond.toFixed(0)} a second`
  return [
    boundedPart('p99 of 50 clients beside 2,000 connections of refused requests, × calm', {
      got: pressed.p99 / calm.p99,
      most: 3,
      unit: '×',
      digits: 1,
    }),
    boundedPart('the same, memory that comes on top', { got: grown, most: 200, unit: 'MB' }),
    { part: 'the same, p99 and answers: calm · pressed', figure: `${figure(calm)} · ${figure(pressed)}` },
  ]
}

interface Sending {
  readonly token: string
  readonly seconds: number
}

async function runCrowd(url: string, crowd: Crowd, { token, seconds }: Sending): Promise<Felt> {
  const wrk = ['wrk', '-t1', `-c${crowd.connections}`, `-d${seconds}s`, '--latency', '-s', here('post-order.lua')]
  const child = spawn('nice', ['-n', `${crowd.niceness}`, 'taskset', '-c', '1', ...wrk, `${url}/orders/6f1c2c1e`], {
    env: { ...process.env, BENCH_BODY: goodOrder, BENCH_TOKEN: token },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [said] = await Promise.all([text(child.stdout), once(child, 'close')])
  const [, p99 = '', unit = ''] = /99%\s+([\d.]+)(us|ms|s)/.exec(said) ?? []
  const [, perSecond = ''] = /Requests\/sec:\s+([\d.]+)/.exec(said) ?? []
  const scale = { us: 0.001, ms: 1, s: 1000 }[unit] ?? Number.NaN
  return { p99: Number(p99) * scale, perSecond: Number(perSecond) }
}
