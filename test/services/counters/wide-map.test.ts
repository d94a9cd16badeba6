import test from 'ava'
import fc from 'fast-check'
import { WideMap } from '../../../src/services/counters/wide-map.ts'

test('does what a Map does', (t) => {
  const key = fc.string({ unit: 'binary', maxLength: 3 })
  const step = fc.record({ does: fc.constantFrom('set', 'delete', 'get'), key, value: fc.nat() })
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const [wide, plain] = [new WideMap(), new Map<string, number>()]
      for (const { does, key, value } of steps) {
        if (does === 'set') wide.set(key, value)
        if (does === 'set') plain.set(key, value)
        if (does === 'delete') wide.delete(key)
        if (does === 'delete') plain.delete(key)
        t.is(wide.get(key), plain.get(key))
        t.is(wide.size, plain.size)
      }
    }),
  )
})

test('finds every key again after it has spread, and none that was not set', (t) => {
  const map = new WideMap()
  const keys = Array.from({ length: 30_000 }, (_, i) => `user:${i}`)
  for (const [i, key] of keys.entries()) map.set(key, i)
  for (const [i, key] of keys.entries()) map.set(key, i + 1)
  t.is(map.size, 30_000)
  t.true(keys.every((key, i) => map.get(key) === i + 1))
  t.is(map.get('user:30000'), undefined)
  for (const key of keys) map.delete(key)
  for (const key of keys) map.delete(key)
  t.is(map.size, 0)
})
