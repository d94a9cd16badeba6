import test from 'ava'
import { readPairs, valuesOf, withoutCookies } from '../../src/core/cookie.ts'

const name = '__Host-session'

const headers: readonly [string, readonly string[]][] = [
  ['__Host-session=a', ['a']],
  ['a=1; __Host-session=x; b=2', ['x']],
  ['a=1;__Host-session=x', ['x']],
  [' \t__Host-session \t=\t x \t;', ['x']],
  ['__Host-session=a=b', ['a=b']],
  ['__Host-session=', ['']],
  ['__Host-session="x"', ['"x"']],
  ['__Host-session=x; __Host-session=y', ['x', 'y']],
  ['__Host-session', []],
  ['=__Host-session=x', []],
  ['__host-session=x', []],
  ['__Host-session2=x; x__Host-session=y', []],
  ['a="; __Host-session=x"', ['x"']],
  ['$Version=1; __Host-session=x; $Path=/', ['x']],
  ['\u00a0__Host-session=x', []],
  ['__Host-session\u00a0=x', []],
  ['\u00c2\u00a0__Host-session=x', []],
  ['\u0085__Host-session=x', []],
  ['\v__Host-session=x', []],
  ['', []],
  [';;;=;', []],
]

for (const [header, values] of headers)
  test(`finds ${JSON.stringify(values)} in ${JSON.stringify(header)}`, (t) =>
    t.deepEqual(valuesOf(header, name), values))

test('finds nothing where there is no header', (t) => {
  t.deepEqual(valuesOf(undefined, name), [])
})

const without: readonly [string, string | undefined][] = [
  ['a=1; __Host-session=x; b="2 3"', 'a=1; b="2 3"'],
  ['__Host-session=x; a=1', 'a=1'],
  ['a=1; __Host-session=x', 'a=1'],
  ['__Host-session=x', undefined],
  ['__Host-session=x; __Host-session=y', undefined],
  ['__Host-session; a=1', 'a=1'],
  ['a=1;b=2;;c', 'a=1;b=2;;c'],
  ['a=__Host-session; b=1', 'a=__Host-session; b=1'],
  ['__host-session=x', '__host-session=x'],
  ['\u00a0__Host-session\u00a0=x; a=1', 'a=1'],
  ['', ''],
]

for (const [header, left] of without)
  test(`leaves ${JSON.stringify(left)} of ${JSON.stringify(header)}`, (t) => t.is(withoutCookies(header, [name]), left))

test('reads what a header has room for', (t) => {
  const wide = ' '.repeat(16_000)
  t.deepEqual(readPairs(`${wide}a=b${wide}c${wide}`), [{ name: 'a', value: `b${wide}c` }])
  t.is(valuesOf('__Host-session=x;'.repeat(1_000), name).length, 1_000)
})
