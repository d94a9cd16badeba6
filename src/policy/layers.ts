/** One block as one layer writes it, and the block that several layers make together. */

import { isDeepStrictEqual } from 'node:util'
import type { Guard } from '../guards/guard.ts'
import type { PathSegment } from '../schema/schema.ts'
import type { Finding } from './findings.ts'
import type { Block, Origin, Weakening } from './policy.ts'
import { guardShapes, judge } from './shapes.ts'
import type { Place } from './source.ts'

export interface Layer extends Origin {
  readonly off: boolean
  /** Among its own items, before which the inherited ones stand; undefined where it does not inherit. */
  readonly inherit: number | undefined
  /** As the guard's schema left it, without `inherit`; undefined where it is broken or off. */
  readonly value: unknown
  readonly items: readonly Origin[]
}

type Report = (finding: Finding) => void

/** Reads what one layer says of one guard. */
export function readLayer(guard: Guard, tree: unknown, origin: Origin, report: Report): Layer {
  if (tree === 'off') return { ...origin, off: true, inherit: undefined, value: undefined, items: [] }
  const list = guard.inherits && Array.isArray(tree) ? tree : undefined
  const at = list?.indexOf('inherit') ?? -1
  const own = list?.flatMap((item, index) => (item === 'inherit' ? [] : [index])) ?? []
  const written = list === undefined || at === -1 ? tree : own.map((index) => list[index])
  const value = judgeBlock(guard, written, { place: origin.at, indexes: at === -1 ? undefined : own }, report)
  const items = own.map((index) => ({ ...origin, at: below(origin.at, index) }))
  return { ...origin, off: false, inherit: at === -1 ? undefined : at, value, items }
}

const below = (at: Place, segment: PathSegment): Place => ({ source: at.source, path: [...at.path, segment] })

interface Written {
  readonly place: Place
  /** Where the items stand in the text, once `inherit` was taken from between them. */
  readonly indexes: readonly number[] | undefined
}

function judgeBlock(guard: Guard, value: unknown, { place, indexes }: Written, report: Report): unknown {
  const shape = guardShapes.get(guard.name)
  if (shape === undefined) return undefined
  if (indexes?.length === 0) return []
  return judge(shape, value, place, (finding) => report(indexes ? moved(finding, place, indexes) : finding))
}

function moved(finding: Finding, place: Place, indexes: readonly number[]): Finding {
  const path = [...finding.at.path]
  const index = path[place.path.length]
  if (typeof index === 'number') path[place.path.length] = indexes[index] ?? index
  return { ...finding, at: { source: finding.at.source, path } }
}

interface ResolvedBlock {
  readonly block: Block | undefined
  readonly broken: boolean
  readonly weakenings: readonly Weakening[]
}

/** Lays the layers of one guard over one another, innermost last. */
export function resolveBlock(guard: Guard, layers: readonly Layer[], report: Report): ResolvedBlock {
  let block: Block | undefined
  let broken = false
  const weakenings: Weakening[] = []
  for (const layer of layers) {
    if (layer.inherit !== undefined) {
      block = merge(guard, block, layer, report)
      broken ||= layer.value === undefined
      continue
    }
    if (block !== undefined && (layer.off || !isDeepStrictEqual(layer.value, block.value))) {
      weakenings.push({ guard: guard.name, at: layer.at, inherited: block.at, off: layer.off })
    }
    broken = !layer.off && layer.value === undefined
    block = layer.off ? undefined : { guard, value: layer.value, at: layer.at, owner: layer.owner, items: layer.items }
  }
  return { block, broken, weakenings }
}

/** The inherited items, in the place where `inherit` stands. */
function merge(guard: Guard, inherited: Block | undefined, layer: Layer, report: Report): Block {
  const own = Array.isArray(layer.value) ? layer.value : []
  const at = layer.inherit ?? 0
  if (!Array.isArray(inherited?.value)) {
    report({ rule: 'policy/nothing-to-inherit', at: below(layer.at, at), message: 'no list is inherited here' })
    return { guard, value: own, at: layer.at, owner: layer.owner, items: layer.items }
  }
  const value = [...own.slice(0, at), ...inherited.value, ...own.slice(at)]
  const items = [...layer.items.slice(0, at), ...inherited.items, ...layer.items.slice(at)]
  return { guard, value, at: layer.at, owner: layer.owner, items }
}
