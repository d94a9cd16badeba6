import test from 'ava'
import { Lately } from '../../../../src/services/counters/redis/lately.ts'

test('remembers as many as it was told, and at most twice as many', (t) => {
  const lately = new Lately<number>(100)
  t.true(lately.isEmpty)
  for (let i = 0; i < 10_050; i++) lately.set(`${i}`, i)
  for (const age of [100, 50, 1]) t.is(lately.get(`${10_050 - age}`), 10_050 - age)
  const known = Array.from({ length: 10_050 }, (_, i) => lately.get(`${i}`)).filter((value) => value !== undefined)
  t.true(known.length <= 200)
  t.false(lately.isEmpty)
})

test('what is asked for stays, what is not goes', (t) => {
  const lately = new Lately<number>(10)
  lately.set('asked for', 1)
  lately.set('not asked for', 2)
  for (let i = 0; i < 1_000; i++) {
    lately.set(`${i}`, i)
    t.is(lately.get('asked for'), 1)
  }
  t.is(lately.get('not asked for'), undefined)
})

test('holds what was said last', (t) => {
  const lately = new Lately<number>(2)
  for (let i = 0; i < 20; i++) {
    lately.set('a', i)
    lately.set(`other ${i}`, i)
    t.is(lately.get('a'), i)
  }
})
