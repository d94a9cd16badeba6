/** Rounds: every server in turn, over and over, so that whatever disturbs the machine disturbs all of them. */

import type { Contender } from './contenders.ts'
import { type Round, runRound } from './load.ts'
import { type Peer, startPeer } from './peer.ts'

export interface Pace {
  readonly rounds: number
  readonly seconds: number
  /** Requests to each server before anything counts, so that its code is compiled. */
  readonly warmUp: number
  /** So long at most: of the slowest it is as many as it answers. */
  readonly warmUpSeconds: number
}

/** The rounds of every contender, by its id. */
export type Results = ReadonlyMap<string, readonly Round[]>

interface Entry {
  readonly contender: Contender
  readonly peer: Peer
  readonly measured: Round[]
  sent: number
}

/** Starts the contenders, checks the answers of each, and measures them. */
export async function measure(contenders: readonly Contender[], pace: Pace): Promise<Results> {
  const entries: Entry[] = []
  if (contenders.length === 0) return new Map()
  try {
    for (const contender of contenders) entries.push(await enter(contender))
    for (const entry of entries) await warm(entry, pace)
    for (let round = 0; round < pace.rounds; round++) {
      process.stderr.write(`round ${round + 1} of ${pace.rounds}\n`)
      // There and back, so that a drift over a round favours none.
      for (const entry of round % 2 === 0 ? entries : entries.toReversed())
        entry.measured.push(await runEntry(entry, pace.seconds))
    }
  } finally {
    await Promise.all(entries.map(({ peer }) => peer.stop()))
  }
  return new Map(entries.map(({ contender, measured }) => [contender.id, measured]))
}

async function enter(contender: Contender): Promise<Entry> {
  process.stderr.write(`${contender.id}\n`)
  const peer = await startPeer(contender.program)
  try {
    await contender.check(peer.url)
  } catch (error) {
    await peer.stop()
    throw new Error(`${contender.name}: ${(error as Error).message}`)
  }
  return { contender, peer, measured: [], sent: 0 }
}

/**
 * A second at a time: each run of wrk puts the fields of a head in another order, and V8 compiles what reads them anew for the
 * first few of them.
 */
async function warm(entry: Entry, { warmUp, warmUpSeconds }: Pace): Promise<void> {
  for (let second = 0; second < warmUpSeconds && entry.sent < warmUp; second++) await runEntry(entry, 1)
}

async function runEntry(entry: Entry, seconds: number): Promise<Round> {
  const { contender, peer, sent } = entry
  const round = await runRound(peer, contender.load, { seconds, sent })
  entry.sent += round.requests
  return round
}
