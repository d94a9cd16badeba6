import test from 'ava'
import { halfSipHash } from '../../../src/services/counters/half-sip-hash.ts'

/** Of the bytes 0 to n - 1 under the key of the bytes 0 to 7, for every n that is whole words: lib/tests/siphash_kunit.c of Linux 6.8. */
const vectors = [
  0x5814c896, 0x7e059ea6, 0x577999b1, 0x6b28096c, 0x8b31d501, 0x911bb605, 0x57150ad7, 0x0a4100d0, 0xbc6dda8d,
  0x7c46fb7f, 0x05327eb2, 0x11795ab1, 0x007783eb, 0xc368dda6, 0x53ecd77e, 0x88b4c4cc,
]

test('hashes as the vectors of Linux say', (t) => {
  const words = new Int32Array(Uint8Array.from({ length: 64 }, (_, i) => i).buffer)
  for (const [count, vector] of vectors.entries())
    t.is(halfSipHash([0x03020100, 0x07060504], words, count), vector | 0, `${count} words`)
})

test('inputs that meet in one place under one key are anywhere under another', (t) => {
  const place = (key: readonly [number, number], word: number) => halfSipHash(key, Int32Array.of(word), 1) & 4_095
  const chosen = Array.from({ length: 1_000_000 }, (_, word) => word).filter((word) => place([1, 2], word) === 7)
  t.true(chosen.length > 150)
  t.true(new Set(chosen.map((word) => place([1, 3], word))).size > chosen.length * 0.9)
})
