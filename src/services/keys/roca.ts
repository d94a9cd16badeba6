/** Finds RSA moduli made by the Infineon library of CVE-2017-15361 (ROCA), by their fingerprint. */

const primes = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113,
  127, 131, 137, 139, 149, 151, 157, 163, 167,
]

/** What the powers of 65537 leave when divided by a prime. */
function powersModulo(prime: number): ReadonlySet<number> {
  const powers = new Set<number>()
  for (let power = 1; !powers.has(power); power = (power * 65537) % prime) powers.add(power)
  return powers
}

const fingerprint = primes.map((prime) => ({ prime: BigInt(prime), powers: powersModulo(prime) }))

/**
 * Whether a modulus is of the weak form: both its primes are a power of 65537 modulo many small primes at once, which an
 * honest modulus is by a chance of less than one in a hundred million (Nemec et al., CCS 2017, §2.2).
 */
export const isRoca = (modulus: bigint): boolean =>
  fingerprint.every(({ prime, powers }) => powers.has(Number(modulus % prime)))
