/** One block as one layer writes it, and the block that several layers make together. */

import { isDeepStrictEqual } from 'node:util'
import type { Rules } from '../core/diagnostic.ts'
import type { Guard } from '../guards/guard.ts'
import type { Finding } from './findings.ts'
import { judge, type Report, salvage } from './misfit.ts'
import type { Block, Origin, Weakening } from './policy.ts'
import { guardShapes } from './shapes.ts'
import { below, type Place } from './source.ts'

export const layerRules: Rules = {
  'policy/nothing-to-inherit': {
    severity: 'error',
    cause: '`inherit` stands where no list is inherited, so it would add nothing.',
    hint: 'take `inherit` out, or declare the list in `defaults`',
  },
  'policy/idle-off': {
    severity: 'warning',
    cause: '`off` takes an inherited block away; here none is inherited.',
    hint: 'take the line out',
  },
}

export interface Layer extends Origin {
  readonly off: boolean
  /** Among its own items, before which the inherited ones stand; undefined where it does not inherit. */
  readonly inherit: number | undefined
  /** As the guard's schema left it, without `inherit`; undefined where it is broken or off. */
  readonly value: unknown
  /** What is left of a broken one. */
  readonly rest: unknown
  readonly items: readonly Origin[]
}

/** Reads what one layer says of one guard. */
export function readLayer(guard: Guard, tree: unknown, origin: Origin, report: Report): Layer {
  if (tree === 'off') return readOff(guard, origin)
  const list = guard.inherits && Array.isArray(tree) ? tree : []
  const marks = list.flatMap((item, index) => (item === 'inherit' ? [index] : []))
  const own = list.flatMap((item, index) => (item === 'inherit' ? [] : [index]))
  for (const index of marks.slice(1)) report(inheritTwice(below(origin.at, index)))
  const [inherit] = marks
  const written = inherit === undefined ? tree : own.map((index) => list[index])
  const value = judgeBlock(
    guard,
    written,
    { place: origin.at, indexes: inherit === undefined ? undefined : own },
    report,
  )
  const items = own.map((index) => ({ ...origin, at: below(origin.at, index) }))
  const shape = guardShapes.get(guard.name)
  const rest = shape !== undefined && value === undefined && inherit === undefined ? salvage(shape, tree) : undefined
  return { ...origin, off: false, inherit, value, rest, items }
}

const readOff = ({ hasOff = false }: Guard, origin: Origin): Layer => ({
  ...origin,
  off: !hasOff,
  inherit: undefined,
  value: hasOff ? 'off' : undefined,
  rest: undefined,
  items: [],
})

const inheritTwice = (at: Place): Finding => ({
  rule: 'policy/nothing-to-inherit',
  at,
  message: '`inherit` stands twice in one list',
  hint: 'keep one of them',
})

interface Origins {
  readonly place: Place
  /** Where the items stand in the text, once `inherit` was taken from between them. */
  readonly indexes: readonly number[] | undefined
}

function judgeBlock(guard: Guard, value: unknown, { place, indexes }: Origins, report: Report): unknown {
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
  /** What is left of a broken one. */
  readonly fragment: Block | undefined
  readonly weakenings: readonly Weakening[]
}

const nothing: ResolvedBlock = { block: undefined, broken: false, fragment: undefined, weakenings: [] }

/** Lays the layers of one guard over one another, innermost last. */
export const resolveBlock = (guard: Guard, layers: readonly Layer[], report: Report): ResolvedBlock =>
  layers.reduce((inherited, layer) => layOver(inherited, { guard, layer }, report), nothing)

interface Written {
  readonly guard: Guard
  readonly layer: Layer
}

function layOver(inherited: ResolvedBlock, { guard, layer }: Written, report: Report): ResolvedBlock {
  const { block, broken, weakenings } = inherited
  const { off, inherit, value } = layer
  const own = { guard, value, at: layer.at, owner: layer.owner, because: layer.because, items: layer.items }
  if ((value === undefined && !off) || (broken && inherit !== undefined)) {
    const fragment = layer.rest === undefined ? undefined : { ...own, value: layer.rest }
    return { ...nothing, broken: true, fragment, weakenings }
  }
  if (inherit !== undefined) return { ...nothing, block: merge(block, own, { layer, report }), weakenings }
  if (off && block === undefined && !broken) report(idleOff(guard, layer.at))
  const weaker = block !== undefined && isWeaker(block, layer)
  return {
    ...nothing,
    block: off ? undefined : own,
    weakenings: weaker ? [...weakenings, { ...layer, guard: guard.name, inherited: block.at }] : weakenings,
  }
}

function isWeaker({ guard, value: inherited }: Block, { off, value }: Layer): boolean {
  if (guard.isOpen?.(inherited) || (guard.hasOff && value === 'off')) return false
  return off || !(isDeepStrictEqual(value, inherited) || guard.isStricter?.(value, inherited))
}

const idleOff = ({ name }: Guard, at: Place): Finding => ({
  rule: 'policy/idle-off',
  at,
  message: `no \`${name}\` is inherited here`,
})

interface Merging {
  readonly layer: Layer
  readonly report: Report
}

/** The inherited items, in the place where `inherit` stands. */
function merge(inherited: Block | undefined, own: Block, { layer: { at, inherit = 0 }, report }: Merging): Block {
  if (!Array.isArray(inherited?.value)) {
    const found = inherited === undefined ? 'nothing' : 'another form of it'
    const message = `expected an inherited list of \`${own.guard.name}\`, got ${found}`
    report({ rule: 'policy/nothing-to-inherit', at: below(at, inherit), message })
    return own
  }
  const written = own.value as readonly unknown[]
  return {
    ...own,
    value: [...written.slice(0, inherit), ...inherited.value, ...written.slice(inherit)],
    items: [...own.items.slice(0, inherit), ...inherited.items, ...own.items.slice(inherit)],
  }
}
