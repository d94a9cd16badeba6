/** The walk over objects: `properties`, `required`, `default`, `additionalProperties` and `propertyNames`. */

import { type Branch, compileBranch } from './branch.ts'
import { ObjectDraft } from './draft.ts'
import { compileMembersTest } from './members-test.ts'
import type { Context, Node, Part } from './node.ts'
import { compileOpen } from './open.ts'
import { refusal } from './refusal.ts'
import { targetOf } from './resolve.ts'
import type { JsonSchema } from './schema.ts'
import { childScope, closedNames, type Scope } from './scope.ts'
import type { Trail } from './trail.ts'
import type { Members } from './types.ts'

export interface Member {
  readonly node: Node
  /** What fills its place where it is missing. */
  readonly fallback: { readonly value: unknown } | undefined
}

/** What an object is judged by. */
export interface Shape {
  readonly members: ReadonlyMap<string, Member>
  readonly required: readonly string[]
  /** Judges every name. */
  readonly names: Branch | undefined
  /** Judges members that `properties` does not describe; nothing where any goes. */
  readonly others: Node | undefined
  /** Whether `others` refuses all that it is given. */
  readonly closed: boolean
  /** What schemas around this one describe, and judge. */
  readonly elsewhere: ReadonlySet<string>
}

/** The part of a node that judges members; nothing where any object fits. */
export function compileMembers(schema: JsonSchema, scope: Scope, context: Context): Part | undefined {
  const shape = compileShape(schema, scope, context)
  if (shape.members.size + shape.required.length === 0 && !shape.names && !shape.others) return undefined
  return {
    on: 'object',
    accepts: compileMembersTest(shape),
    walk: (value, trail) => walkMembers(value as Members, shape, trail),
  }
}

function compileShape(schema: JsonSchema, scope: Scope, context: Context): Shape {
  const { properties = {}, required = [], propertyNames, additionalProperties } = schema
  const inner = childScope(scope)
  const closed = closedNames(schema, scope)
  const compileMember = (property: JsonSchema): Member => ({
    node: context.compile(property, inner),
    fallback: findDefault(property, inner),
  })
  return {
    members: new Map(Object.entries(properties).map(([name, property]) => [name, compileMember(property)])),
    required,
    names: propertyNames && compileBranch(propertyNames, { ...inner, fresh: false }, context),
    others: closed
      ? refusal('additionalProperties', 'unknown member', closed)
      : compileOpen(additionalProperties, inner, context),
    closed: closed !== undefined,
    elsewhere: new Set(closed?.filter((name) => !Object.hasOwn(properties, name))),
  }
}

/** The default of a schema, or of the one that it refers to. */
function findDefault(
  schema: JsonSchema,
  { find, document }: Pick<Scope, 'find' | 'document'>,
): { readonly value: unknown } | undefined {
  if (Object.hasOwn(schema, 'default')) return { value: schema.default }
  const target = targetOf({ schema, document }, find)
  return target && findDefault(target.schema, { find, document: target.document })
}

/** Members in the order of the value, then those that it lacks; the value itself stays as it came. */
function walkMembers(value: Members, shape: Shape, trail: Trail): Members {
  const draft = new ObjectDraft(value)
  for (const name of Object.keys(value)) {
    if (trail.full) return draft.value
    trail.within(name, () => draft.set(name, walkMember(name, value[name], shape, trail)))
  }
  for (const [name, { node, fallback }] of shape.members) {
    if (!fallback || Object.hasOwn(value, name)) continue
    trail.within(name, () => draft.set(name, node.walk(structuredClone(fallback.value), trail)))
  }
  for (const name of shape.required) {
    if (!Object.hasOwn(draft.value, name)) trail.within(name, () => trail.report('required', 'missing member'))
  }
  return draft.value
}

function walkMember(name: string, value: unknown, { members, names, others, elsewhere }: Shape, trail: Trail): unknown {
  if (names) judgeName(name, names, trail)
  const node = members.get(name)?.node ?? (elsewhere.has(name) ? undefined : others)
  return node ? node.walk(value, trail) : value
}

/** The name stays as it is; only whether it fits counts. */
function judgeName(name: string, { node }: Branch, trail: Trail): void {
  const fork = trail.fork(1)
  node.walk(name, fork)
  for (const { message, allowed } of fork.errors) trail.report('propertyNames', `in its name, ${message}`, allowed)
}
