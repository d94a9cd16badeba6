/** Begins a segment: its first record says what the log had grown to. */

import { unlink } from 'node:fs/promises'
import type { Chain } from '../chain.ts'
import { plainPath, syncFolder } from './folder.ts'
import type { JournalPlace } from './journal.ts'
import { ownEntry, writeBody } from './own-entry.ts'
import { Segment } from './segment.ts'

export interface Begun {
  readonly chain: Chain
  readonly segment: Segment
}

/** Makes a segment with its first record, on disk when this resolves; one that failed is taken away. */
export async function beginSegment(place: JournalPlace, before: Chain, number: number): Promise<Begun> {
  const { folder, fsync, vkey } = place
  const path = plainPath(folder, number)
  const opened = place.now()
  const { size, peaks } = before.state
  const why = number === 1 ? 'created' : 'rotated'
  const entry = ownEntry('audit.segment', { segment: number, why, tree: { size, peaks }, key: vkey })
  const { chain, lines } = extend(before, [writeBody(entry, opened)])
  const segment = await Segment.make({ path, number, opened, before: before.state, fsync })
  try {
    await segment.append(Buffer.from(`${lines.join('\n')}\n`))
    await segment.sync()
    await syncFolder(folder)
    place.copy(lines)
    return { chain, segment }
  } catch (error) {
    await segment.close()
    await unlink(path)
    throw error
  }
}

/** The chain with more records, and their lines. */
export function extend(before: Chain, bodies: readonly string[]): { chain: Chain; lines: readonly string[] } {
  const chain = before.fork()
  const lines = bodies.map((body) => {
    const line = chain.prefix + body
    chain.push(line)
    return line
  })
  return { chain, lines }
}
