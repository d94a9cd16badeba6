/** Finds the word that a misspelt one was probably meant to be. */

const LONGEST = 64
/** Fewer letters begin too many words by chance. */
const shortestStart = 3

/** The candidate nearest to `word`, where one is near enough to ask "did you mean". */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length === 0 || word.length > LONGEST) return undefined
  const folded = word.toLowerCase()
  let nearest: string | undefined
  let shortest = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const candidate of candidates) {
    if (candidate.length > LONGEST || Math.abs(candidate.length - word.length) >= shortest) continue
    const distance = editDistance(folded, candidate.toLowerCase())
    if (distance < shortest) [nearest, shortest] = [candidate, distance]
  }
  return nearest ?? begunBy(folded, candidates)
}

/** The one candidate that a word breaks off: `auth` says nothing where there are two. */
function begunBy(folded: string, candidates: readonly string[]): string | undefined {
  if (folded.length < shortestStart) return undefined
  const begun = candidates.filter((candidate) => candidate.toLowerCase().startsWith(folded))
  return begun.length === 1 ? begun[0] : undefined
}

/** How many letters to insert, remove, replace or swap with their neighbour (optimal string alignment). */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1]
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      const steps = [at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + (same ? 0 : 1)]
      if (swapped) steps.push(at(beforeLast, column - 2) + 1)
      current.push(Math.min(...steps))
    }
    ;[beforeLast, last] = [last, current]
  }
  return at(last, to.length)
}

const at = (row: readonly number[], column: number): number => row[column] ?? 0
