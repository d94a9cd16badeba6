/** What holds for every schema and every value. */

import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import test from 'ava'
import fc from 'fast-check'
import { compileSchema } from '../../src/schema/compile.ts'
import type { CompileOptions, JsonSchema } from '../../src/schema/schema.ts'
import { schemas, shared, values } from './arbitrary.ts'

const several = fc.array(values, { minLength: 8, maxLength: 8 })
const options = fc.constantFrom<CompileOptions>({}, { readStrings: true }, { maxErrors: 1 })

/** A placeholder that stands for nothing keeps the predicate out of the way: what it returns is the walk alone. */
const compileWalk = (schema: JsonSchema, chosen: CompileOptions) =>
  compileSchema(schema, { ...chosen, schemas: shared, placeholder: () => undefined }).check

/** Without what ajv gets wrong: members that look inherited when it compares values, and multiples beyond 2⁵³. */
const rename = <T>(json: T): T =>
  JSON.parse(
    JSON.stringify(json).replaceAll('"__proto__"', '"d"').replaceAll('"toString"', '"e"').replaceAll('1e+300', '9'),
  )

const freeze = <T>(value: T): T => {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze)
  return value
}

test('accepts what the walk returns unchanged, and nothing else', (t) => {
  fc.assert(
    fc.property(schemas({ own: true }), several, options, (schema, samples, chosen) => {
      const { accepts } = compileSchema(schema, { ...chosen, schemas: shared })
      const walk = compileWalk(schema, chosen)
      for (const value of samples) {
        const checked = walk(freeze(value))
        const isUnchanged = checked.errors === undefined && !checked.changed
        if (accepts(value) !== isUnchanged) return false
      }
      return true
    }),
    { numRuns: 1000 },
  )
  t.pass()
})

test('tells what is changed by content', (t) => {
  fc.assert(
    fc.property(schemas({ own: true }), several, options, (schema, samples, chosen) => {
      const { check } = compileSchema(schema, { ...chosen, schemas: shared })
      return samples.every((value) => {
        const checked = check(value)
        return checked.errors !== undefined || checked.changed !== (fc.stringify(checked.value) === fc.stringify(value))
      })
    }),
    { numRuns: 500 },
  )
  t.pass()
})

test('agrees with ajv on what the standard says', (t) => {
  fc.assert(
    fc.property(schemas({ own: false }).map(rename), several.map(rename), (schema, samples) => {
      const ajv = new Ajv2020({ strict: false, logger: false, ownProperties: true })
      addFormats.default(ajv)
      const validate = ajv.compile({ ...schema, schemas: shared })
      const { accepts } = compileSchema(schema, { schemas: shared })
      return samples.every((value) => accepts(value) === validate(value))
    }),
    { numRuns: 300 },
  )
  t.pass()
})

test('returns for any value at all, cyclic and deep ones included', (t) => {
  const cyclic: unknown[] = []
  cyclic.push(cyclic)
  const deep = JSON.parse('['.repeat(3000) + ']'.repeat(3000))
  fc.assert(
    fc.property(schemas({ own: true }), fc.anything({ withBigInt: true, withNullPrototype: true }), (schema, value) => {
      const { accepts, check } = compileSchema(schema, { schemas: shared })
      for (const sample of [value, cyclic, deep, undefined, Number.NaN]) {
        accepts(sample)
        check(sample)
      }
    }),
    { numRuns: 1000 },
  )
  t.pass()
})

test('never puts a value into a message', (t) => {
  const canary = 'canary-8d1f'
  const marked = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(canary, `${canary} \${value}`, 8172635, -8172635.5),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('a', 'b', canary), tie('value')),
    ),
  })).value
  fc.assert(
    fc.property(schemas({ own: true }), marked, options, (schema, value, chosen) => {
      const { errors = [] } = compileSchema(schema, { ...chosen, schemas: shared }).check(value)
      return errors.every(({ message, allowed = [] }) => !/canary|8172635/.test([message, ...allowed].join()))
    }),
    { numRuns: 1000 },
  )
  t.pass()
})
