/**
 * The public test suite of JSON Schema 2020-12 (json-schema-org/JSON-Schema-Test-Suite, MIT), in our own form:
 * `test/fixtures/json-schema/<keyword>.json`. There, `$defs` are shared schemas, `true` is `{}`, `false` is
 * `{ "not": {} }`, and formats are asserted. What cannot be said with the supported keywords is in `left-out.json`,
 * each case with its reason.
 */

import { readdirSync, readFileSync } from 'node:fs'
import test from 'ava'
import { checkSchema } from '../../src/schema/check-schema.ts'
import { compileSchema } from '../../src/schema/compile.ts'
import { keywordRows } from '../../src/schema/keywords.ts'
import type { JsonSchema } from '../../src/schema/schema.ts'

interface Case {
  readonly title: string
  readonly schema: JsonSchema
  readonly schemas?: Readonly<Record<string, JsonSchema>>
  readonly tests: readonly { readonly title: string; readonly value: unknown; readonly valid: boolean }[]
}
interface LeftOut {
  readonly title: string
  readonly reason: string
  readonly tests: number
  readonly schema: unknown
}

const folder = new URL('../fixtures/json-schema/', import.meta.url)
const read = <T>(file: string): T => JSON.parse(readFileSync(new URL(file, folder), 'utf8'))
const files = readdirSync(folder).filter((file) => file !== 'left-out.json')
const leftOut = read<readonly LeftOut[]>('left-out.json')
const anyType = ['null', 'boolean', 'object', 'array', 'number', 'string'] as const

/** States what the standard takes for granted and we do not: any type, open lists and open objects. */
function state(schema: JsonSchema): JsonSchema {
  const held = keywordRows.flatMap(([keyword, { holds }]) =>
    holds && Object.hasOwn(schema, keyword) ? [[keyword, stateHeld(schema[keyword], holds)]] : [],
  )
  return {
    ...(schema.$ref === undefined && { type: anyType }),
    items: true,
    additionalProperties: true,
    ...schema,
    ...Object.fromEntries(held),
  }
}

function stateHeld(held: unknown, holds: 'one' | 'list' | 'map'): unknown {
  if (typeof held === 'boolean') return held
  if (holds === 'one') return state(held as JsonSchema)
  if (holds === 'list') return (held as readonly JsonSchema[]).map(state)
  return Object.fromEntries(
    Object.entries(held as Record<string, JsonSchema>).map(([name, schema]) => [name, state(schema)]),
  )
}

for (const file of files) {
  const cases = read<readonly Case[]>(file)
  test(`judges every standard case of ${file.replace('.json', '')}`, (t) => {
    for (const { title, schema, schemas, tests } of cases) {
      const options = { schemas: stateHeld(schemas ?? {}, 'map') as Readonly<Record<string, JsonSchema>> }
      const validator = compileSchema(state(schema), options)
      for (const { title: what, value, valid } of tests) {
        t.is(validator.accepts(value), valid, `${title}: ${what}: accepts`)
        t.is(validator.check(value).errors === undefined, valid, `${title}: ${what}: check`)
      }
      const faults = checkSchema(state(schema), options)
      t.deepEqual(
        faults,
        title === 'empty enum'
          ? [{ path: ['enum'], rule: 'unsatisfiable', message: 'expected at least one value' }]
          : [],
        title,
      )
    }
  })
}

test('keeps count of the standard cases', (t) => {
  const kept = files.flatMap((file) => read<readonly Case[]>(file)).flatMap(({ tests }) => tests)
  const left = leftOut.reduce((sum, { tests }) => sum + tests, 0)
  for (const { title, reason } of leftOut) t.log(`left out, ${reason}: ${title}`)
  t.deepEqual({ kept: kept.length, left, all: kept.length + left }, { kept: 706, left: 216, all: 922 })
})

for (const { title, reason, schema } of leftOut) {
  test(`refuses ${reason}: ${title}`, (t) => {
    t.not(checkSchema(schema).length, 0)
  })
}
