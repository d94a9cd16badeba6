/** What others notice of eight logins at a time: how long the event loop stands still, and an answer takes. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { here } from '../peer.ts'
import { boundedPart, type Part } from './part.ts'
import type { Stall } from './passwords-server.ts'

/** Milliseconds between two requests of somebody else. */
const pace = 5

export async function measurePasswords(isQuick: boolean): Promise<readonly Part[]> {
  const seconds = isQuick ? 5 : 30
  const none = await measure('nowhere', seconds)
  const threads = await measure('threads', seconds)
  const loop = await measure('loop', isQuick ? 5 : 10)
  return [
    boundedPart('stall of the event loop (p99.9), 8 logins at a time', {
      got: threads.p999,
      most: 20,
      unit: 'ms',
      digits: 1,
    }),
    { part: 'the same without logins · with bcryptjs on the loop', figure: `${ms(none.p999)} · ${ms(loop.p999)}` },
    {
      part: 'the longest stall: 8 logins at a time · without · on the loop',
      figure: [threads, none, loop].map(({ longest }) => ms(longest)).join(' · '),
    },
    {
      part: 'an answer to others (p99.9): 8 logins at a time · without · on the loop',
      figure: [threads, none, loop].map(({ answer }) => ms(answer)).join(' · '),
    },
    {
      part: 'logins a second, cost 12: in threads · on the loop',
      figure: [threads, loop].map(({ logins }) => logins.toFixed(1)).join(' · '),
    },
  ]
}

const ms = (milliseconds: number): string => `${milliseconds.toFixed(1)} ms`

interface Measured extends Stall {
  /** Milliseconds, p99.9. */
  readonly answer: number
}

async function measure(where: string, seconds: number): Promise<Measured> {
  const child = spawn(process.execPath, [here('parts/passwords-server.ts'), where, `${seconds}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [port] = await once(child.stdout, 'data')
  const told = text(child.stdout)
  const isOver = told.then(() => true)
  const took: number[] = []
  const agent = new Agent({ keepAlive: true })
  while (!(await Promise.race([isOver, pause()]))) void ask(agent, Number(port), took)
  agent.destroy()
  const stall: Stall = JSON.parse(await told)
  took.sort((a, b) => a - b)
  return { ...stall, answer: took[Math.floor(took.length * 0.999)] ?? 0 }
}

const pause = (): Promise<false> => new Promise((go) => setTimeout(go, pace, false))

/** As somebody asks who does not wait for the answers to others. */
async function ask(agent: Agent, port: number, took: number[]): Promise<void> {
  const before = performance.now()
  const asking = request({ host: '127.0.0.1', port, agent }).end()
  try {
    const [res] = await once(asking, 'response')
    await text(res)
    took.push(performance.now() - before)
  } catch {
    // It has ended meanwhile.
  }
}
