import { createHash } from 'node:crypto'
import test from 'ava'
import fc from 'fast-check'
import { KeyTable } from '../../../src/services/counters/key-table.ts'

const digest = createHash('sha256').update('x'.repeat(129), 'utf16le').digest()

/** Those that could be taken for one another: halves of surrogate pairs, bytes and units of the same memory, lengths and digests. */
const alike = [
  '',
  '\0',
  '\0\0',
  'a',
  'a\0',
  'a\0\0\0',
  '\x80',
  'ÿ',
  'ÿ\0',
  '\u6161',
  'aa',
  '\u6161\0',
  digest.toString('utf16le'),
  digest.toString('latin1'),
  '\ud800',
  '\udc00',
  '\ufffd',
  '\ud83d\ude00',
  '\ude00\ud83d',
  'x'.repeat(127),
  'x'.repeat(128),
  'x'.repeat(129),
  '\u7878'.repeat(64),
  '\u7878'.repeat(128),
  '\u7878'.repeat(129),
  '\ud800'.repeat(129),
  '\udc00'.repeat(129),
]

const key = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 3 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 200 }).map((units) => String.fromCharCode(...units)),
  fc.constantFrom(...alike),
)

test('does what a Map for each owner does', (t) => {
  const step = fc.record({ does: fc.constantFrom('add', 'remove', 'find'), owner: fc.integer({ min: 1, max: 3 }), key })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const [table, plain] = [new KeyTable(), new Map<string, number>()]
      for (const [i, { does, owner, key }] of steps.entries()) {
        const name = `${owner} ${key}`
        const entry = table.find(owner, key)
        t.is(table.cell(entry), plain.get(name) ?? 0)
        if (does === 'add' && entry === 0) {
          table.point(table.add(owner, key), i + 1)
          plain.set(name, i + 1)
        }
        if (does === 'remove' && entry !== 0) {
          table.remove(entry)
          plain.delete(name)
        }
        t.is(table.find(owner, key) !== 0, plain.has(name))
        t.is(table.size, plain.size)
      }
    }),
    { numRuns: 300 },
  )
})

test('keeps keys apart that are nearly alike', (t) => {
  const table = new KeyTable()
  for (const [i, key] of alike.entries()) {
    t.is(table.find(1, key), 0)
    table.point(table.add(1, key), i + 1)
  }
  t.deepEqual(
    alike.map((key) => table.cell(table.find(1, key))),
    alike.map((_, i) => i + 1),
  )
})

test('finds every key again while it grows, and after most of them are gone', (t) => {
  const table = new KeyTable()
  const name = (i: number) => `user:24:https://login.example.com${i}`
  const mayBe = (i: number) => table.cell(table.find(1, name(i)))
  for (let i = 1; i <= 50_000; i++) {
    table.point(table.add(1, name(i)), i)
    if (mayBe(i) !== i || mayBe((i >>> 1) + 1) !== (i >>> 1) + 1) t.fail(`lost a key at ${i}`)
  }
  t.is(mayBe(50_001), 0)
  for (let i = 1; i <= 50_000; i++) if (i % 100 !== 0) table.remove(table.find(1, name(i)))
  t.is(table.size, 500)
  for (let i = 1; i <= 50_000; i++) if (mayBe(i) !== (i % 100 === 0 ? i : 0)) t.fail(`key ${i} after the others went`)
})

test('what a key gives back is used again, whatever the length of the next', (t) => {
  const table = new KeyTable()
  const short = (i: number) => `ip:10.0.${i >> 8}.${i & 255}`
  const long = (i: number) => `${'é'.repeat(100)}${i}`
  let highest = 0
  for (let round = 0; round < 20; round++) {
    const name = round % 2 === 0 ? short : long
    const entries = Array.from({ length: 1_000 }, (_, i) => table.add(1, name(i)))
    highest = Math.max(highest, ...entries)
    for (const entry of entries) table.remove(entry)
  }
  // A long key is six chunks.
  t.true(highest <= 6_000, `${highest}`)
})
