/** Leaves: every way of failing has its own words, however often and in whatever order the ways are met. */

import test from 'ava'
import { compileSchema } from '../../src/schema/compile.ts'
import type { JsonSchema } from '../../src/schema/schema.ts'

const findings = (schema: JsonSchema, values: readonly unknown[]) => {
  const { check } = compileSchema(schema)
  return values.map((value) => check(value).errors?.map(({ rule, message }) => `${rule}: ${message}`) ?? [])
}

const schemas: Record<string, JsonSchema> = {
  text: { type: 'string', minLength: 3, maxLength: 5, pattern: '^[a-z]*$', enum: ['abc', 'abcd'] },
  number: { type: ['integer', 'null'], minimum: 2, maximum: 9, multipleOf: 2 },
  any: { minimum: 2, maxLength: 1, const: 2 },
}
const values = ['abc', 'ab', 'A', 'ABCDEF', 'abcdefg', '', 1, 3, 11, 1.5, 10, null, true, [], {}, Number.NaN, undefined]

for (const [name, schema] of Object.entries(schemas)) {
  test(`says of a ${name} that was met before what it says of a new one`, (t) => {
    const alone = values.flatMap((value) => findings(schema, [value]))
    const twice = [...values, ...values.toReversed()]
    t.deepEqual(findings(schema, twice), [...alone, ...alone.toReversed()])
    t.true(new Set(alone.map((found) => found.join())).size >= 3)
  })
}
