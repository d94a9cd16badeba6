import test from 'ava'
import { TextCache } from '../../src/core/text-cache.ts'

test('holds a bounded number of texts', (t) => {
  const cache = new TextCache<number>({ texts: 10, characters: 1_000 })
  for (let n = 0; n < 10_000; n++) cache.set(`t${n}`, n)
  t.true(cache.size <= 20)
  t.is(cache.get('t9999'), 9999)
  t.is(cache.get('t1'), undefined)
})

test('holds a bounded number of characters', (t) => {
  const cache = new TextCache<number>({ texts: 1_000, characters: 1_000 })
  for (let n = 0; n < 100; n++) cache.set(`${n}`.padEnd(400), n)
  t.true(cache.size <= 4)
})

test('keeps the texts that are in use', (t) => {
  const cache = new TextCache<number>({ texts: 10, characters: 10_000 })
  cache.set('used', 1)
  for (let n = 0; n < 1_000; n++) {
    cache.set(`t${n}`, n)
    if (n % 5 === 0) t.is(cache.get('used'), 1)
  }
})
