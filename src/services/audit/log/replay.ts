/** Follows the chain through a segment on disk, as far as it holds. */

import { isUtf8 } from 'node:buffer'
import { Chain, type ChainState } from '../chain.ts'
import { type Line, readLines } from './read-lines.ts'

/** How a segment was read. */
export interface Replay {
  readonly chain: Chain
  /** How many of its bytes the chain holds over. */
  readonly size: number
  /** The first line that does not follow. */
  readonly broken: Line | undefined
}

/** Pushes each line that follows; `seen` is told after each. Lines after the first that does not follow are not read. */
export async function replay(
  path: string,
  { log, state, seen }: { readonly log: string; readonly state: ChainState; seen?(chain: Chain): void },
  bytes?: number,
): Promise<Replay> {
  const chain = new Chain(log, state)
  let size = 0
  for await (const lines of readLines(path, bytes)) {
    for (const line of lines) {
      if (!follows(chain, line)) return { chain, size, broken: line }
      chain.push(line.bytes.toString())
      size = line.end
      seen?.(chain)
    }
  }
  return { chain, size, broken: undefined }
}

/** Text that is no UTF-8 is read as other text, and could so be another's hash. */
function follows(chain: Chain, { bytes, ended }: Line): boolean {
  const prefix = Buffer.from(chain.prefix)
  return ended && bytes.subarray(0, prefix.length).equals(prefix) && bytes.at(-1) === brace && isUtf8(bytes)
}

const brace = 0x7d
