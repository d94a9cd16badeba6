/** The finder against a plain search for one needle after the other. */

import test from 'ava'
import fc from 'fast-check'
import { Finder } from '../../scripts/leaks/finder.ts'

/** Few letters, so that needles overlap, repeat and begin alike. */
const bytes = (minLength: number, maxLength: number) =>
  fc.array(fc.constantFrom(0, 97, 98, 255), { minLength, maxLength }).map((each) => Buffer.from(each))

const places = (needle: Buffer, hay: Buffer): readonly number[] =>
  Array.from({ length: hay.length }, (_, at) => at).filter((at) => hay.subarray(at, at + needle.length).equals(needle))

test('finds every needle at every place, and nothing else', (t) => {
  const inputs = [
    fc.array(bytes(8, 12), { minLength: 1, maxLength: 8 }),
    fc.array(bytes(0, 16)),
    fc.infiniteStream(fc.nat()),
  ] as const
  fc.assert(
    fc.property(...inputs, (needles, rest, picks) => {
      const parts = rest.flatMap((part) => [part, needles[(picks.next().value as number) % needles.length] as Buffer])
      const hay = Buffer.concat(parts)
      const finder = new Finder()
      for (const needle of needles) finder.add(needle.toString('hex'), needle)
      const found = finder.find(hay).map(({ name, at }) => `${name} ${at}`)
      const hexes = new Map(needles.map((needle) => [needle.toString('hex'), needle]))
      const expected = [...hexes].flatMap(([name, needle]) => places(needle, hay).map((at) => `${name} ${at}`))
      t.deepEqual(found.toSorted(), expected.toSorted())
    }),
  )
  t.pass()
})

test('refuses a needle that would be found by chance', (t) => {
  t.throws(() => new Finder().add('seven', Buffer.from('seven b')), { message: 'seven is too short to be looked for' })
})
