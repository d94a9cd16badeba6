/** What a schema must know of its surroundings: which members others declare, and whether the value is as it came. */

import type { KeywordName } from './keywords.ts'
import { reach } from './reach.ts'
import { type Find, followed, heldBy, type Located, targetOf } from './resolve.ts'
import type { JsonSchema } from './schema.ts'
import { isPlace, type Place, subschemas } from './subschemas.ts'
import { impliedTypes, typesOf, valuesOf } from './types.ts'

/** The members that schemas declare; `open` where any name is welcome. */
export interface Known {
  readonly names: readonly string[]
  readonly open: boolean
}

export interface Scope {
  readonly find: Find
  /** What `#` means. */
  readonly document: JsonSchema
  /** What is declared by other schemas that judge the same value. */
  readonly known: Known
  /** No schema around this one has read the value yet. */
  readonly fresh: boolean
  /** Below a `not`: there, objects that are closed by default would make it refuse less. */
  readonly negated: boolean
}

const nothing: Known = { names: [], open: false }
const everything: Known = { names: [], open: true }

export const rootScope = (document: JsonSchema, find: Find): Scope => ({
  find,
  document,
  known: nothing,
  fresh: true,
  negated: false,
})

/** The scope of a member or an item. */
export const childScope = (scope: Scope): Scope => ({
  ...scope,
  known: scope.negated ? everything : nothing,
  fresh: !scope.negated,
})

/** The scope of a schema in place: it knows the members of its parent and siblings, but not those of its rivals. */
export function placeScope(parent: JsonSchema, scope: Scope, place: Place, branch?: JsonSchema): Scope {
  if (place === 'not') return { ...scope, known: everything, fresh: false, negated: true }
  const isRival = (keyword: string): boolean => keyword === place && place !== 'allOf'
  const siblings = subschemas(parent).filter(
    ({ keyword, schema }) => declares(keyword) && schema !== branch && !isRival(keyword),
  )
  const known = [scope.known, ownNames(parent), ...siblings.map(({ schema }) => declaredBy(schema, scope))]
  if (place !== '$ref') known.push(declaredByTarget(parent, scope))
  return { ...scope, known: join(known), fresh: scope.fresh && impliedTypes(parent) === undefined }
}

/** The names that an object may have by this schema and all around it; undefined where it is open. */
export function closedNames(schema: JsonSchema, scope: Scope): readonly string[] | undefined {
  if (schema.additionalProperties === false) return Object.keys(schema.properties ?? {})
  const describesObjects = typesOf(schema)?.includes('object') ?? schema.properties !== undefined
  if (schema.additionalProperties !== undefined || !describesObjects) return undefined
  const { names, open } = join([scope.known, declaredBy(schema, scope)])
  return open ? undefined : names
}

/** The members that a schema declares, with all that judge in place of it. */
const declaredBy = (schema: JsonSchema, { find, document }: Pick<Scope, 'find' | 'document'>): Known =>
  join(declaringFrom({ schema, document }, find))

function declaredByTarget(schema: JsonSchema, { find, document }: Pick<Scope, 'find' | 'document'>): Known {
  const target = targetOf({ schema, document }, find)
  return target ? join(declaringFrom(target, find)) : nothing
}

const declaringFrom = (from: Located, find: Find): readonly Known[] =>
  reach(from, (at) => [...followed(at, find), ...heldBy(at, declares)]).map(({ schema }) => ownNames(schema))

/** `enum` and `const` say themselves what an object holds. */
const ownNames = (schema: JsonSchema): Known => ({
  names: Object.keys(schema.properties ?? {}),
  open: (schema.additionalProperties ?? false) !== false || valuesOf(schema) !== undefined,
})

/** Whether what a keyword holds declares members of the value: `not` tells what they are not. */
const declares = (keyword: KeywordName): boolean => isPlace(keyword) && keyword !== 'not'

const join = (all: readonly Known[]): Known => ({
  names: [...new Set(all.flatMap(({ names }) => names))],
  open: all.some(({ open }) => open),
})
