import test from 'ava'
import { Recent } from '../../src/services/roles/recent.ts'

test('makes a thing once, and forgets the oldest beyond its bound', (t) => {
  const made: string[] = []
  const recent = new Recent<object>(2)
  const take = (key: string) => recent.take(key, () => ({ order: made.push(key) }))
  const first = take('a')
  t.is(take('a'), first)
  for (const key of ['b', 'c', 'b', 'a', 'a']) take(key)
  t.deepEqual(made, ['a', 'b', 'c', 'a'])
  t.is(recent.size, 2)
})
