import test from 'ava'
import { readFragment, toPointer } from '../../src/schema/pointer.ts'

test('writes a path as RFC 6901 says', (t) => {
  t.is(toPointer([]), '')
  t.is(toPointer(['items', 0, 'a/b', 'm~n', '']), '/items/0/a~1b/m~0n/')
})

test('reads a pointer from a URI fragment', (t) => {
  t.deepEqual(readFragment('#'), [])
  t.deepEqual(readFragment('#/a~1b/m~0n/c%25d/~01'), ['a/b', 'm~n', 'c%d', '~1'])
  t.deepEqual(readFragment('#/'), [''])
})

test('reads nothing from what is no pointer', (t) => {
  for (const fragment of ['', '/a', '#a', '#/%zz', 'x#/a']) t.is(readFragment(fragment), undefined)
})
