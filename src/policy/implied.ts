/** Blocks that hold for a route because of others. */

import { guards } from '../guards/index.ts'
import type { Block, DestinationBlock, Route } from './policy.ts'
import type { Place } from './source.ts'

/** What a destination, or another block, says stands where nobody has written another. */
export function withImplied<R extends Pick<Route, 'blocks' | 'broken'>>(
  resolved: R,
  [destination]: readonly DestinationBlock[],
): R {
  const implied = [...[...resolved.blocks.values()].flatMap(impliedBy), ...impliedByDestination(destination)].filter(
    ({ guard }) => !resolved.broken.has(guard.name) && resolved.blocks.get(guard.name)?.value === guard.implicit,
  )
  if (implied.length === 0) return resolved
  const added = implied.map((block): [string, Block] => [block.guard.name, block])
  return { ...resolved, blocks: new Map<string, Block>([...resolved.blocks, ...added]) }
}

const impliedBy = ({ guard, value, at }: Block): readonly Block[] => blocksOf(guard.implies?.(value), at)

const impliedByDestination = (destination: DestinationBlock | undefined): readonly Block[] =>
  destination === undefined || destination.broken
    ? []
    : blocksOf(destination.handler.implies?.(destination.value), destination.at)

const blocksOf = (values: Readonly<Record<string, unknown>> | undefined, at: Place): readonly Block[] =>
  guards.flatMap((guard) => {
    const value = values?.[guard.name]
    return value === undefined ? [] : [{ guard, value, at, owner: '', items: [] }]
  })
