/** Where the time of a request goes: Node's own CPU profile of a round, by function and by place. */

import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Contender } from './contenders.ts'
import { runRound } from './load.ts'
import { type Program, startPeer } from './peer.ts'
import { placeOf } from './place.ts'
import { tableOf } from './results.ts'
import type { Pace } from './rounds.ts'

interface Frame {
  readonly functionName: string
  readonly url: string
  readonly lineNumber: number
}

interface Profile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: Frame }[]
  /** Microseconds of the monotonic clock. */
  readonly startTime: number
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

const functionsShown = 25

/** `serve` would end at leisure, other servers at once and without a profile. */
const endsAtOnce = "--import=data:text/javascript,process.once('SIGTERM',()=>process.exit())"

/** The tables of a round under the profiler, in a process of its own; the contender is one that Node runs. */
export async function profileText(
  { name, program, load, check }: Contender,
  { seconds }: Pace,
  folder: string,
): Promise<string> {
  const directory = mkdtempSync(join(folder, 'profile-'))
  const flags = [endsAtOnce, '--cpu-prof', `--cpu-prof-dir=${directory}`, '--cpu-prof-interval=200']
  const peer = await startPeer((port) => withFlags(program(port), flags))
  await check(peer.url)
  const { requests: sent } = await runRound(peer, load, { seconds, sent: 0 })
  const from = now()
  const { requests } = await runRound(peer, load, { seconds: seconds * 2, sent })
  const until = now()
  await peer.stop()
  const [file = ''] = readdirSync(directory)
  const times = selfTimes(JSON.parse(readFileSync(join(directory, file), 'utf8')), { from, until })
  return `## Where the time goes: ${name}\n\n${textOf(times, requests)}`
}

function withFlags(program: Program, flags: readonly string[]): Program {
  if (program.command !== process.execPath) throw new Error('only what Node runs has a profile')
  return { ...program, args: [...flags, ...program.args] }
}

/** Of the clock that V8 stamps its profiles with. */
const now = (): number => Number(process.hrtime.bigint() / 1000n)

interface Span {
  readonly from: number
  readonly until: number
}

/** Microseconds in each function itself, what it calls left out. */
function selfTimes(
  { nodes, startTime, samples, timeDeltas }: Profile,
  { from, until }: Span,
): ReadonlyMap<Frame, number> {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const times = new Map<Frame, number>()
  let at = startTime
  for (const [index, id] of samples.entries()) {
    at += timeDeltas[index] ?? 0
    const frame = frames.get(id)
    if (frame === undefined || frame.functionName === '(idle)' || at < from || at > until) continue
    times.set(frame, (times.get(frame) ?? 0) + (timeDeltas[index + 1] ?? 0))
  }
  return times
}

function textOf(times: ReadonlyMap<Frame, number>, requests: number): string {
  const total = [...times.values()].reduce((sum, time) => sum + time, 0)
  const row = ([name, time]: readonly [string, number]) => [name, share(time, total), (time / requests).toFixed(2)]
  const head = ['share', 'µs a request']
  const places = summed(times, ({ url, functionName }) => placeOf(url, functionName))
  const functions = summed(times, nameOf).slice(0, functionsShown)
  return `One request under Node's CPU profiler, which itself takes some: ${(total / requests).toFixed(0)} µs, each counted for the
function that was running, not for those that had called it.

${tableOf(['place', ...head], places.map(row))}
${tableOf(['function', ...head], functions.map(row))}
`
}

const share = (time: number, total: number): string => `${((time / total) * 100).toFixed(1)} %`

/** The times under each name, the longest first. */
function summed(times: ReadonlyMap<Frame, number>, nameFor: (frame: Frame) => string): readonly [string, number][] {
  const sums = new Map<string, number>()
  for (const [frame, time] of times) sums.set(nameFor(frame), (sums.get(nameFor(frame)) ?? 0) + time)
  return [...sums].sort(([, a], [, b]) => b - a)
}

const root = new URL('../..', import.meta.url).href

function nameOf({ functionName, url, lineNumber }: Frame): string {
  const name = functionName === '' ? '(anonymous)' : functionName
  return url === '' ? name : `\`${name}\` ${url.replace(root, '')}:${lineNumber + 1}`
}
