/** Finds schemas that no value can satisfy. */

import { shown } from './phrases.ts'
import type { JsonSchema, Path, SchemaError } from './schema.ts'
import type { SchemaRule } from './schema-rules.ts'
import { closedNames } from './scope.ts'
import { isOfType, typesOf, valuesOf } from './types.ts'

type Limit =
  | 'minimum'
  | 'maximum'
  | 'exclusiveMinimum'
  | 'exclusiveMaximum'
  | `${'min' | 'max'}${'Length' | 'Items' | 'Properties'}`

/** Lower and upper limits that meet; `strict` ones leave nothing between them where they are equal. */
const ranges: readonly { readonly low: Limit; readonly high: Limit; readonly strict?: true }[] = [
  { low: 'minimum', high: 'maximum' },
  { low: 'minimum', high: 'exclusiveMaximum', strict: true },
  { low: 'exclusiveMinimum', high: 'maximum', strict: true },
  { low: 'exclusiveMinimum', high: 'exclusiveMaximum', strict: true },
  { low: 'minLength', high: 'maxLength' },
  { low: 'minItems', high: 'maxItems' },
  { low: 'minProperties', high: 'maxProperties' },
]

/** Limits that exclude each other, choices of nothing, and sizes that the rest of the schema does not allow. */
export const unsatisfiable: SchemaRule = (schema, { scope }) => [
  ...emptyRanges(schema),
  ...emptyChoices(schema),
  ...tooMany(schema.required?.length, 'maxProperties', schema.maxProperties),
  ...tooMany(schema.minProperties, 'properties', closedNames(schema, scope)?.length),
  ...tooMany(schema.minItems, 'items', schema.items === false ? (schema.prefixItems?.length ?? 0) : undefined),
]

const emptyRanges = (schema: JsonSchema): readonly SchemaError[] =>
  ranges.flatMap(({ low, high, strict }) => {
    const [least, most] = [schema[low], schema[high]]
    if (least === undefined || most === undefined || least < most || (least === most && !strict)) return []
    return [unsatisfied([low], `expected a ${shown(low)} below ${shown(high)}, which is ${most}`)]
  })

function emptyChoices(schema: JsonSchema): readonly SchemaError[] {
  const values = valuesOf(schema)
  const types = typesOf(schema)
  if (values?.some((value) => types?.some((type) => isOfType[type](value)) ?? true) ?? true) return []
  const keyword = schema.enum ? 'enum' : 'const'
  return [
    unsatisfied(
      [keyword],
      values?.length === 0 ? 'expected at least one value' : 'expected a value of the type that is stated',
    ),
  ]
}

function tooMany(least: number | undefined, keyword: string, most: number | undefined): readonly SchemaError[] {
  if (least === undefined || most === undefined || least <= most) return []
  return [unsatisfied([keyword], `expected room for ${least}, received room for ${most}`)]
}

const unsatisfied = (path: Path, message: string): SchemaError => ({ path, rule: 'unsatisfiable', message })
