/** Medians with their spread, and ratios that a drift of the machine leaves alone. */

/** The middle of the numbers; `NaN` where there are none. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** The median, and the least and the most in brackets. */
export function spread(numbers: readonly number[], digits: number): string {
  if (numbers.length === 0) return '–'
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)].map((number) => number.toFixed(digits))
  return `${median(numbers).toFixed(digits)} (${least}–${most})`
}
