/** What the guards and the destination of a route say of themselves. */

import type { Code } from '../../core/denial.ts'
import { hasReference } from '../../core/expression.ts'
import type { RouteFacts } from '../../core/site.ts'
import type { Validator } from '../../schema/schema.ts'
import type { OperationPart } from '../../services/openapi.ts'
import { mapMembers } from '../map-members.ts'
import { salvage } from '../misfit.ts'
import type { Block, DestinationBlock, Route } from '../policy.ts'
import { guardShapes, handlerShapes } from '../shapes.ts'
import { factsOf, siteOf } from '../site.ts'

/** A part whose refusals are told. */
export interface Part extends OperationPart {
  readonly refusals: readonly Code[]
}

/** The parts of a route: its guards, outermost first, then its destination. */
export function partsOf(route: Route): readonly Part[] {
  const facts = factsOf(route)
  const guards = [...route.blocks.values()].map((block) => partOfGuard(block, route, facts))
  return [...guards, ...route.destinations.map((destination) => partOfDestination(destination, route, facts))]
}

function partOfGuard(block: Block, { reportOnly }: Route, facts: RouteFacts): Part {
  const { guard, items } = block
  const known = withoutReferences(block.value, guardShapes.get(guard.name))
  const part = known === undefined ? {} : (guard.describe?.(known, siteOf(block, facts, items)) ?? {})
  // A guard that is being tried out holds nobody: only what it expects of requests is told.
  if (reportOnly.includes(guard.name)) return { ...expectedBy(part), refusals: [] }
  return { refusals: guard.refuses, ...part }
}

const expectedBy = ({ parameters, body }: OperationPart): OperationPart => ({
  ...(parameters && { parameters }),
  ...(body && { body }),
})

function partOfDestination({ handler, value, at }: DestinationBlock, { owner }: Route, facts: RouteFacts): Part {
  const known = withoutReferences(value, handlerShapes.get(handler.name))
  const part = known === undefined ? {} : handler.describe?.(known, siteOf({ at, owner }, facts))
  return { refusals: handler.refuses, ...part }
}

/** A block without what is not filled in yet: outside a running server, `${env:…}` stands for nothing. */
function withoutReferences(value: unknown, shape: Validator | undefined): unknown {
  const known = prune(value)
  return known === value || shape === undefined ? known : salvage(shape, known)
}

const nothing = Symbol('nothing')

/** No part tells what a `secret` is, only that there is one. */
function prune(value: unknown, key?: unknown): unknown {
  if (key === 'secret') return value
  if (typeof value !== 'object' || value === null) return hasReference(value) ? nothing : value
  // An item that lost something would mean something else.
  if (Array.isArray(value)) return value.every((item) => isKnown(item)) ? value : value.filter((item) => isKnown(item))
  const pruned = mapMembers(value, prune) as object
  if (!Object.values(pruned).includes(nothing)) return pruned
  return Object.fromEntries(Object.entries(pruned).filter(([, member]) => member !== nothing))
}

const isKnown = (item: unknown): boolean => prune(item) === item
