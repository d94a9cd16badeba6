/** What the meta-schema cannot say of a schema: the house rules, where references lead, what does not compile. */

import { keywordRows } from './keywords.ts'
import { alternatives, shown } from './phrases.ts'
import { kindOfType } from './predicate.ts'
import type { Find } from './resolve.ts'
import type { JsonSchema, Path, SchemaError } from './schema.ts'
import { closedNames, type Scope } from './scope.ts'
import { typesOf } from './types.ts'
import { unsatisfiable } from './unsatisfiable.ts'

/** What a rule may look at beside the schema. */
export interface Surroundings {
  readonly scope: Scope
  /** Finds references that never come to an end as well. */
  readonly lookup: Find
  /** The names of shared schemas. */
  readonly shared: readonly string[]
}

/** One rule about one schema whose arguments are known to be well shaped; paths lead on from there. */
export type SchemaRule = (schema: JsonSchema, surroundings: Surroundings) => readonly SchemaError[]

const elsewhere = ['$ref', 'enum', 'const', 'oneOf', 'anyOf', 'allOf']
const stating = ['type', ...elsewhere]
const judging = ['items', ...elsewhere]

/** Every schema says what it is about. */
const stated: SchemaRule = (schema) => {
  if (stating.some((keyword) => Object.hasOwn(schema, keyword))) return []
  return [{ path: [], rule: 'type', message: `expected ${alternatives(stating.map(shown))}` }]
}

/** A list whose items nobody judges is an open door, as an object would be; `enum` and `const` judge them, others may. */
const itemized: SchemaRule = (schema, { scope }) => {
  const isJudged = judging.some((keyword) => Object.hasOwn(schema, keyword))
  if (isJudged || scope.negated || !typesOf(schema)?.includes('array')) return []
  return [{ path: [], rule: 'items', message: 'expected `items`' }]
}

/** A condition that can never apply is a mistake: nobody writes `maxLength` for the sake of it. */
const applicable: SchemaRule = (schema) => {
  const kinds = typesOf(schema)?.map(kindOfType)
  return keywordRows.flatMap(([name, { on, assert }]) => {
    const isCondition = assert !== undefined || name === 'transform'
    if (!isCondition || !on || !Object.hasOwn(schema, name) || (kinds?.includes(on) ?? true)) return []
    return [{ path: [name], rule: name, message: `expected ${shown(on)} to be a type of what has ${shown(name)}` }]
  })
}

const references: SchemaRule = ({ $ref }, { scope, lookup, shared }) => {
  if ($ref === undefined || scope.find($ref, scope.document)) return []
  const path: Path = ['$ref']
  if (lookup($ref, scope.document))
    return [
      {
        path,
        rule: '$ref',
        message: `expected a schema that ends, received ${shown($ref)} which leads back to itself, or too far`,
      },
    ]
  const allowed = shared.map((name) => `#/schemas/${name}`)
  return [{ path, rule: '$ref', message: `expected a reference to a schema, received ${shown($ref)}`, allowed }]
}

/** In Unicode mode, as JSON Schema 2020-12 §6.4 asks. */
const expressions: SchemaRule = ({ pattern }) => {
  if (pattern === undefined) return []
  try {
    new RegExp(pattern, 'u')
    return []
  } catch (error) {
    const reason = error instanceof Error ? error.message.split(': ').at(-1)?.toLowerCase() : undefined
    return [
      {
        path: ['pattern'],
        rule: 'pattern',
        message: `expected a regular expression: ${reason ?? 'it does not compile'}`,
      },
    ]
  }
}

/** A member that is required and refused makes every object wrong. */
const requirable: SchemaRule = (schema, { scope }) => {
  const names = closedNames(schema, scope)
  return (schema.required ?? []).flatMap((name, index) => {
    if (!names || names.includes(name)) return []
    return [
      {
        path: ['required', index],
        rule: 'required',
        message: `expected a member of \`properties\`, received ${shown(name)}`,
        allowed: names,
      },
    ]
  })
}

export const schemaRules: readonly SchemaRule[] = [
  stated,
  itemized,
  applicable,
  references,
  expressions,
  requirable,
  unsatisfiable,
]
