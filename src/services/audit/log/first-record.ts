/** The record that a segment begins with: it says what the log had grown to. */

import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { Chain, type ChainState } from '../chain.ts'
import { packedName, plainName, type SegmentFiles } from './folder.ts'

export interface FirstRecord {
  /** Of the log before this segment. */
  readonly before: ChainState
  /** In milliseconds since the Unix epoch. */
  readonly time: number
  /** The public key of the process that began it. */
  readonly vkey: string
}

/** It takes no more than this, whatever the log. */
const most = 16 * 1024

/** Reads the first line of a segment, packed or not; nothing where it is no such record. */
export async function readFirstRecord(folder: string, segment: SegmentFiles): Promise<FirstRecord | undefined> {
  const line = await readFirstLine(folder, segment)
  return line === undefined ? undefined : parseFirstRecord(line, segment.number)
}

async function readFirstLine(folder: string, { plain, number }: SegmentFiles): Promise<string | undefined> {
  const file = createReadStream(join(folder, plain ? plainName(number) : packedName(number)), { end: most - 1 })
  const text = plain ? file : pipeline(file, createGunzip(), () => {})
  let read = Buffer.alloc(0)
  try {
    for await (const chunk of text) {
      read = Buffer.concat([read, chunk])
      if (read.includes('\n') || read.length > most) break
    }
  } finally {
    file.destroy()
  }
  const end = read.indexOf('\n')
  return end === -1 ? undefined : read.toString('utf8', 0, end)
}

/** What the first line of a segment says, where it is such a record of that segment. */
export function parseFirstRecord(line: string, number: number): FirstRecord | undefined {
  try {
    const { log, prev, time, event, segment, tree, key } = JSON.parse(line)
    const before = { size: tree.size, prev, peaks: tree.peaks }
    const isFirst = event === 'audit.segment' && segment === number && line.startsWith(new Chain(log, before).prefix)
    return isFirst ? { before, time: Date.parse(time), vkey: String(key) } : undefined
  } catch {
    return undefined
  }
}
