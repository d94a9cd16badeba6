/** Compiles a schema with all that it refers to, into a node whose work is bounded whatever the value. */

import { Effort, Exceeded } from './effort.ts'
import { type Context, compileNode, type Node } from './node.ts'
import type { CompileOptions, JsonSchema } from './schema.ts'
import type { Scope } from './scope.ts'
import { isPlace, subschemas } from './subschemas.ts'
import { Targets } from './targets.ts'

/** A shared schema is compiled anew for each set of members declared around it: that can double with every level. */
const MOST_PARTS = 10_000
const tooManyParts = `expected a schema of at most ${MOST_PARTS} parts once each \`$ref\` is followed`

/** Throws `Exceeded` for a schema that grows too large once its references are followed. */
export function compileBounded(schema: JsonSchema, scope: Scope, options: CompileOptions): Node {
  const effort = new Effort()
  const targets = new Targets(effort)
  let parts = 0
  const context: Context = {
    options,
    compile: (inner, around) => {
      if (++parts > MOST_PARTS) throw new Exceeded('complexity', tooManyParts)
      if (judgesTwice(inner)) effort.mayRepeat = true
      return compileNode(inner, around, context)
    },
    compileTarget: (reference, around) => targets.find(reference, around),
  }
  const root = context.compile(schema, scope)
  targets.compileAll(context.compile)
  return targets.isEmpty ? root : bound(root, effort)
}

/** Whether more than one part of a schema judges the members or items of a value: only then can one come twice. */
function judgesTwice(schema: JsonSchema): boolean {
  const held = subschemas(schema)
  const inPlace = held.filter(({ keyword }) => isPlace(keyword)).length
  const judges = [schema.$ref !== undefined, inPlace > 0, inPlace > 1, inPlace < held.length]
  return judges.filter(Boolean).length > 1
}

/** Every validation begins anew; one that goes too far is a refusal, whatever it has found until then. */
const bound = ({ accepts, walk }: Node, effort: Effort): Node => ({
  accepts: (value) => {
    try {
      return accepts(value)
    } catch (error) {
      if (error instanceof Exceeded) return false
      throw error
    } finally {
      effort.reset()
    }
  },
  walk: (value, trail) => {
    try {
      return walk(value, trail)
    } catch (error) {
      if (!(error instanceof Exceeded)) throw error
      trail.report(error.rule, error.message)
      return value
    } finally {
      effort.reset()
    }
  },
})
