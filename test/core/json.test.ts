import test from 'ava'
import fc from 'fast-check'
import { JsonFault, parseJson } from '../../src/core/json.ts'

const messageOf = (text: string): string | undefined => {
  const parsed = parseJson(text)
  return parsed instanceof JsonFault ? parsed.message : undefined
}

for (const text of [
  '{}',
  '[]',
  '"a:b"',
  'null',
  '0',
  '-0',
  '1e2',
  '""',
  ' {"a" : 1 } ',
  '{"a:b":"c:d"}',
  '{"a\\"":1,"a":2}',
  '{"a\\\\":1,"b":":"}',
  '{"a":{"a":{"a":1}}}',
  '[{"a":1},{"a":1}]',
  '{"__proto__":1}',
  '{"constructor":{"prototype":1}}',
  '{"":1}',
  '9007199254740991',
  '{"\\ud800":1}',
  '"\\\\\\\\\\""',
  '{"é":1,"e\u0301":2}',
  '{"a":"{\\"a\\":1,\\"a\\":2}"}',
  '{"2":1,"1":2}',
]) {
  test(`reads ${text} as JSON.parse does`, (t) => t.deepEqual(parseJson(text), { value: JSON.parse(text) }))
}

for (const text of [
  '{"a":1,"a":2}',
  '{"a":1,"\\u0061":2}',
  '[{"b":{"a":1,"a":1}}]',
  '{"__proto__":1,"__proto__":2}',
  '{"":1,"":1}',
  '{"a:":1,"a:":1}',
  '{"1":1,"1":1}',
  '{"a":1,"b":[{"a":1}],"a":null}',
  '{"a\\"":1,"a\\u0022":2}',
]) {
  test(`refuses the duplicate key in ${text}`, (t) => t.is(messageOf(text), 'JSON has duplicate keys'))
}

for (const [text, message] of [
  ['', 'Invalid JSON'],
  ['{', 'Invalid JSON'],
  ["{'a':1}", 'Invalid JSON'],
  ['{"a":1,}', 'Invalid JSON'],
  ['[1] 2', 'Invalid JSON'],
  ['NaN', 'Invalid JSON'],
  ['01', 'Invalid JSON'],
  ['"\n"', 'Invalid JSON'],
  ['/**/1', 'Invalid JSON'],
  ['\u00a01', 'Invalid JSON'],
  ['\ufeff{}', 'JSON starts with a byte order mark'],
  ['1e999', 'JSON number is not finite'],
  ['[{"a":-1e999}]', 'JSON number is not finite'],
  ['9007199254740992', 'JSON integer is beyond 2^53-1'],
  ['-9007199254740993', 'JSON integer is beyond 2^53-1'],
  ['1e20', 'JSON integer is beyond 2^53-1'],
] as const) {
  test(`refuses ${JSON.stringify(text)}`, (t) => t.is(messageOf(text), message))
}

test('reads 64 levels and refuses the next', (t) => {
  const nest = (depth: number, open: string, close: string) => `${open.repeat(depth)}1${close.repeat(depth)}`
  t.is(messageOf(nest(64, '[', ']')), undefined)
  t.is(messageOf(nest(65, '[', ']')), 'JSON is nested deeper than 64 levels')
  t.is(messageOf(nest(64, '{"a":', '}')), undefined)
  t.is(messageOf(nest(65, '{"a":', '}')), 'JSON is nested deeper than 64 levels')
})

test('survives a million levels', (t) => {
  t.true(parseJson('['.repeat(1_000_000)) instanceof JsonFault)
  t.true(parseJson('['.repeat(1_000_000) + ']'.repeat(1_000_000)) instanceof JsonFault)
})

test('pollutes no prototype', (t) => {
  parseJson('{"__proto__":{"polluted":true}}')
  t.false('polluted' in {})
})

test('reads a key with an escape for what it is, whatever was parsed before', (t) => {
  JSON.parse('{"a":1,"\\\\u006":1}')
  JSON.parse('{"a":1,"\\\\":1}')
  t.deepEqual(parseJson('{"a":1,"\\u0061dmin":true}'), { value: { a: 1, admin: true } })
  t.deepEqual(parseJson(' { "a" : 1 , "\\"" : [ 1 , "x\\n" , { } , [ ] ] } '), {
    value: { a: 1, '"': [1, 'x\n', {}, []] },
  })
  t.is(messageOf('{"a":1,"\\"":2,"\\"":3}'), 'JSON has duplicate keys')
  t.is(messageOf('{"a":1,"\\u0061":2}'), 'JSON has duplicate keys')
  t.true(Object.hasOwn((parseJson('{"\\u005f_proto__":{"b":1}}') as { value: object }).value, '__proto__'))
})

/** Writes a value member by member, so that a key can stand twice. */
type Tree =
  | string
  | number
  | boolean
  | null
  | readonly Tree[]
  | { readonly members: readonly (readonly [string, Tree])[] }

const keys = fc.oneof(fc.constantFrom('a', 'b', '__proto__', 'a:b', '"', '\\', '1', ''), fc.string())
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }),
    ),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.array(fc.tuple(keys, tie('tree')), { maxLength: 4 }).map((members) => ({ members })),
  ),
}))

function write(value: Tree): string {
  if (Array.isArray(value)) return `[${value.map(write).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{${(value as { members: readonly [string, Tree][] }).members.map(([key, inner]) => `${JSON.stringify(key)} : ${write(inner)}`).join()}}`
}

function hasDouble(value: Tree): boolean {
  if (Array.isArray(value)) return value.some(hasDouble)
  if (typeof value !== 'object' || value === null) return false
  const { members } = value as { members: readonly [string, Tree][] }
  return new Set(members.map(([key]) => key)).size < members.length || members.some(([, inner]) => hasDouble(inner))
}

/** What the text means, without a parser. */
function mean(value: Tree): unknown {
  if (Array.isArray(value)) return value.map(mean)
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? 0 : value
  return Object.fromEntries(
    (value as { members: readonly [string, Tree][] }).members.map(([key, inner]) => [key, mean(inner)]),
  )
}

test('agrees with what was written, and with a count of the keys as written', (t) => {
  fc.assert(
    fc.property(tree, (value) => {
      const text = write(value)
      const parsed = parseJson(text)
      if (hasDouble(value)) return parsed instanceof JsonFault && parsed.message === 'JSON has duplicate keys'
      t.deepEqual(parsed, { value: mean(value) })
      return true
    }),
    { numRuns: 500 },
  )
})
