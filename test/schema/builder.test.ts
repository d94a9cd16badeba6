/** The builder: what it writes, and the types that it knows. */

import test from 'ava'
import {
  any,
  array,
  boolean,
  type Infer,
  integer,
  literal,
  number,
  object,
  record,
  string,
  union,
  word,
} from '../../src/schema/builder.ts'
import { checkSchema } from '../../src/schema/check-schema.ts'
import { compileSchema } from '../../src/schema/compile.ts'

const limit = object({
  by: union([word(['ip', 'user']), array(string())]),
  limit: integer({ minimum: 1 }),
  'burst?': number(),
  'shared?': boolean(),
  'labels?': record(string()),
  kind: literal('limit'),
  'extra?': any(),
})

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const isType = <T extends true>(): T | undefined => undefined

test('knows the type of what it accepts', (t) => {
  type Limit = Infer<typeof limit>
  isType<Equal<Limit['by'], 'ip' | 'user' | readonly string[]>>()
  isType<Equal<Limit['limit'], number>>()
  isType<Equal<Limit['burst'], number | undefined>>()
  isType<Equal<Limit['labels'], Readonly<Record<string, string>> | undefined>>()
  isType<Equal<Limit['kind'], 'limit'>>()
  const value: Limit = { by: 'ip', limit: 1, kind: 'limit' }
  const incomplete = { by: 'ip', kind: 'limit' } as const
  isType<Equal<typeof incomplete extends Limit ? true : false, false>>()
  const { accepts } = compileSchema(limit)
  t.true(accepts(value))
  t.false(accepts(incomplete))
})

test('hands the type on to the validator', (t) => {
  const checked = compileSchema(limit).check({ by: ['a'], limit: 2, kind: 'limit', extra: { x: [1] } })
  if (checked.errors) return t.fail()
  const by: 'ip' | 'user' | readonly string[] = checked.value.by
  t.deepEqual(by, ['a'])
})

test('writes schemas that the check finds nothing wrong with', (t) => {
  t.deepEqual(checkSchema(limit.json), [])
  t.deepEqual(limit.json.required, ['by', 'limit', 'kind'])
})
