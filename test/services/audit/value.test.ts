import test from 'ava'
import { brief, recordable } from '../../../src/services/audit/value.ts'

test('keeps a text of 256 characters, and cuts a longer one to as many', (t) => {
  t.is(brief('x'.repeat(256)), 'x'.repeat(256))
  t.is(brief('x'.repeat(257)), `${'x'.repeat(255)}…`)
})

test('leaves no half of a surrogate pair, its own cut included', (t) => {
  t.is(brief('a\ud800b'), 'a\ufffdb')
  const cut = brief(`${'x'.repeat(254)}😀😀`)
  t.true(cut.isWellFormed())
  t.is(cut.length, 256)
})

test('keeps scalars, and the first 16 of a list of them', (t) => {
  t.is(recordable('text'), 'text')
  t.is(recordable(7), 7)
  t.is(recordable(false), false)
  t.deepEqual(
    recordable(Array.from({ length: 20 }, (_, n) => n)),
    Array.from({ length: 16 }, (_, n) => n),
  )
})

test('keeps nothing of what a record cannot hold', (t) => {
  for (const value of [undefined, null, { a: 1 }, () => 1, Symbol('x'), 1n, new Date(0)])
    t.is(recordable(value), undefined)
  t.deepEqual(recordable([1, { a: 1 }, [2], null, 'b']), [1, 'b'])
})

test('writes every scalar as the given function does', (t) => {
  const hidden = () => 'hidden'
  t.is(recordable(12_345, hidden), 'hidden')
  t.deepEqual(recordable(['a', 1, true], hidden), ['hidden', 'hidden', 'hidden'])
})
