/** Lengths of strings in Unicode code points, counted only where UTF-16 units leave a doubt. */

/** Whether a string has at least `least` code points. */
export const isAtLeast = (text: string, least: number): boolean =>
  text.length >= least && (text.length >= 2 * least || countCodePoints(text) >= least)

/** Whether a string has at most `most` code points. */
export const isAtMost = (text: string, most: number): boolean =>
  text.length <= most || (text.length <= 2 * most && countCodePoints(text) <= most)

function countCodePoints(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}
