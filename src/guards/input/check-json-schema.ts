/** What the schema engine finds in a schema of a policy, as faults; references to shared schemas are judged elsewhere. */

import type { Fault } from '../../core/diagnostic.ts'
import { suggest } from '../../core/suggest.ts'
import { checkSchema } from '../../schema/check-schema.ts'
import type { JsonSchema, Path, SchemaError } from '../../schema/schema.ts'
import { refsOf, sharedName } from '../../schema/shared-refs.ts'

/** Stands for a shared schema, of which nothing is known here. */
const anything: JsonSchema = {
  type: ['string', 'number', 'boolean', 'object', 'array', 'null'],
  items: true,
  additionalProperties: true,
}

/** The faults of a schema; paths lead into it. */
export function checkJsonSchema(schema: JsonSchema): readonly Fault[] {
  const schemas = Object.fromEntries(refsOf(schema).map(({ name }) => [name, anything]))
  return checkSchema(schema, { schemas })
    .filter(({ rule, path }) => rule !== '$ref' || sharedName(valueAt(schema, path)) === undefined)
    .map(faultOf)
}

const valueAt = (schema: unknown, path: Path): unknown =>
  path.reduce((value: unknown, segment) => (value as Record<string | number, unknown> | undefined)?.[segment], schema)

function faultOf({ path, rule, message, allowed = [] }: SchemaError): Fault {
  const last = String(path.at(-1))
  if (rule !== 'keyword')
    return { rule: rule === 'unsatisfiable' ? 'input/unsatisfiable' : 'input/invalid-schema', path, message }
  const fault = { rule: 'input/unsupported-keyword', path, message: `unsupported keyword \`${last}\``, onKey: true }
  const near = suggest(last, allowed)
  return near === undefined ? fault : { ...fault, hint: `did you mean \`${near}\`?` }
}
