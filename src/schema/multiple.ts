/** Exact `multipleOf`: on the decimal digits that people write, not on binary fractions. */

interface Decimal {
  readonly digits: bigint
  readonly exponent: number
}

/** Whether `value` is a whole number of times `divisor`, 0.3 of 0.1 included. */
export function isMultiple(value: number, divisor: number): boolean {
  if (Number.isSafeInteger(value) && Number.isSafeInteger(divisor)) return value % divisor === 0
  const left = readDecimal(value)
  const right = readDecimal(divisor)
  const exponent = Math.min(left.exponent, right.exponent)
  return scale(left, exponent) % scale(right, exponent) === 0n
}

/** The shortest decimal that means this number: 1.5e-7 is 15 × 10⁻⁸. */
function readDecimal(value: number): Decimal {
  const [mantissa = '', power = '0'] = String(value).split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  return { digits: BigInt(whole + fraction), exponent: Number(power) - fraction.length }
}

const scale = ({ digits, exponent }: Decimal, to: number): bigint => digits * 10n ** BigInt(exponent - to)
