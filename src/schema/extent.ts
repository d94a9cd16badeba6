/** How far a schema reaches as it is written, aliases of YAML followed: one that never ends cannot be compiled. */

import type { JsonSchema, Path, SchemaError } from './schema.ts'

/** Levels of lists and objects: some 60 objects within one another. */
const DEEPEST = 128
/** Lists and objects. */
const LARGEST = 10_000

const cyclic = 'expected a schema that ends, received an alias of one around it: a `$ref` can do that'
const tooDeep = `expected a schema of at most ${DEEPEST} levels`
const tooLarge = `expected a schema of at most ${LARGEST} lists and objects, those behind aliases included`

interface Extent {
  readonly height: number
  readonly size: number
}

const scalar: Extent = { height: 0, size: 0 }
/** Where the survey stops: more than any schema may have. */
const beyond: Extent = { height: Number.POSITIVE_INFINITY, size: 0 }

/** What makes a schema impossible to lay out: aliases of what stands around them, too many levels, too many parts. */
export function checkExtent(json: unknown): readonly SchemaError[] {
  const survey = new Survey()
  const { height, size } = survey.measure(json, [])
  if (survey.cycles.length > 0) return survey.cycles.map((path) => ({ path, rule: '$ref', message: cyclic }))
  if (height > DEEPEST) return [{ path: [], rule: 'complexity', message: tooDeep }]
  return size > LARGEST ? [{ path: [], rule: 'complexity', message: tooLarge }] : []
}

/** The levels of lists and objects in a schema that `checkExtent` finds nothing wrong with. */
export const heightOf = (schema: JsonSchema): number => new Survey().measure(schema, []).height

/** Measures what stands in many places once: aliases of aliases double with every level. */
class Survey {
  readonly cycles: Path[] = []
  readonly #known = new Map<object, Extent>()
  readonly #above = new Set<object>()

  measure(value: unknown, path: Path): Extent {
    if (typeof value !== 'object' || value === null) return scalar
    if (this.#above.has(value)) {
      this.cycles.push(path)
      return scalar
    }
    if (path.length > DEEPEST) return beyond
    const extent = this.#known.get(value) ?? this.#measureInside(value, path)
    this.#known.set(value, extent)
    return extent
  }

  #measureInside(value: object, path: Path): Extent {
    this.#above.add(value)
    let [height, size] = [0, 0]
    for (const [key, member] of Object.entries(value)) {
      const inner = this.measure(member, [...path, Array.isArray(value) ? Number(key) : key])
      height = Math.max(height, inner.height)
      size += inner.size
    }
    this.#above.delete(value)
    return { height: height + 1, size: size + 1 }
  }
}
