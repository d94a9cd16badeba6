/**
 * HalfSipHash-1-3 over 32-bit words (Aumasson and Bernstein, SipHash: a fast short-input PRF): without its key nobody can
 * choose inputs that meet in one place of a hash table.
 */

/** A secret of two words, signed as those of an Int32Array are. */
export type HashKey = readonly [number, number]

/** After the words and the one that tells their length. */
const closingRounds = 3

/** Hashes the first `count` words. */
export function halfSipHash(key: HashKey, words: Int32Array, count: number): number {
  let v0 = key[0]
  let v1 = key[1]
  let v2 = v0 ^ 0x6c796765
  let v3 = v1 ^ 0x74656462
  for (let round = 0; round <= count + closingRounds; round++) {
    let word = 0
    if (round < count) word = words[round] ?? 0
    else if (round === count) word = count << 26
    else if (round === count + 1) v2 ^= 0xff
    v3 ^= word
    v0 = (v0 + v1) | 0
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
    v0 = (v0 << 16) | (v0 >>> 16)
    v2 = (v2 + v3) | 0
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
    v0 = (v0 + v3) | 0
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
    v2 = (v2 + v1) | 0
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
    v2 = (v2 << 16) | (v2 >>> 16)
    v0 ^= word
  }
  return v1 ^ v3
}
