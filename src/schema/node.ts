/** A compiled schema: a value enters (is read and transformed), its type is judged, then part after part judges it. */

import { compileAssertions, readAssertions } from './assertions.ts'
import { compileEntry, compileSettled } from './entry.ts'
import { compileItems } from './items.ts'
import { compileLeaf } from './leaf.ts'
import { compileMembers } from './members.ts'
import { compileNegation, compilePlaces } from './places.ts'
import { all, compileTypeTest, guard } from './predicate.ts'
import type { CompileOptions, JsonSchema } from './schema.ts'
import type { Scope } from './scope.ts'
import type { Trail } from './trail.ts'
import { isOfType, type Kind, typesOf } from './types.ts'

/** One schema, two ways to judge by it. */
export interface Node {
  /** Whether `walk` would report nothing and return this very value. */
  readonly accepts: (value: unknown) => boolean
  /** Reports what does not fit; returns the value as read, transformed and filled. */
  readonly walk: (value: unknown, trail: Trail) => unknown
}

/** What a group of keywords adds to a node. */
export interface Part extends Node {
  /** Values of other kinds pass by. */
  readonly on?: Kind | undefined
}

/** What all nodes of one compilation share. */
export interface Context {
  readonly options: CompileOptions
  /** Compiles a schema that stands inside another. */
  readonly compile: (schema: JsonSchema, scope: Scope) => Node
  /** Compiles where a reference leads. */
  readonly compileTarget: (reference: string, scope: Scope) => Node
}

/** Compiles one schema; the schemas inside it are compiled through the context. */
export function compileNode(schema: JsonSchema, scope: Scope, context: Context): Node {
  const types = typesOf(schema)
  const isType = compileTypeTest(types)
  const placeholder = scope.fresh ? context.options.placeholder : undefined
  const enter = compileEntry(schema, scope.fresh && context.options.readStrings === true)
  const assertions = readAssertions(schema)
  const explain = compileLeaf(types, assertions)
  // Schemas that judge the same value come first: they may read and fill what the own keywords judge.
  const parts = [
    ...compilePlaces(schema, scope, context),
    compileMembers(schema, scope, context),
    compileItems(schema, scope, context),
    compileAssertions(assertions, explain),
    compileNegation(schema, scope, context),
  ].filter((part) => part !== undefined)
  return {
    accepts: all([isType, ...compileSettled(schema), ...parts.map(({ on, accepts }) => guard(on, types, accepts))]),
    walk: (value, trail) => {
      const stand = placeholder?.(value)
      if (stand === true) return value
      let current = enter(value, stand)
      if (!isType(current)) {
        explain(current, trail)
        return current
      }
      for (const part of parts) {
        if (!trail.full && isFor(part, current)) current = part.walk(current, trail)
      }
      return current
    },
  }
}

const isFor = ({ on }: Part, value: unknown): boolean => on === undefined || isOfType[on](value)
