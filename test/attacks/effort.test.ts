/** What a client can make the server do for one request grows no faster than the request. */

import test from 'ava'
import { withoutNamed } from '../../src/core/hop-by-hop.ts'
import { acceptsProblem } from '../../src/enforce/refusal.ts'
import { readCookies } from '../../src/guards/input/cookies.ts'
import { readQuery } from '../../src/guards/input/query.ts'

const many = 100_000

/** Milliseconds; what grows with the square of the input takes a hundred times the bound. */
function timed(work: () => unknown): number {
  const started = performance.now()
  work()
  return performance.now() - started
}

const headers = (connection: string) => ({
  connection,
  ...Object.fromEntries(Array.from({ length: many }, (_, i) => [`h${i}`, '1'])),
})

for (const [what, work] of Object.entries({
  'one cookie many times': () => readCookies('c=1;'.repeat(many), new Set(['c'])),
  'one parameter many times': () => readQuery('c=1&'.repeat(many)),
  'many headers that Connection names': () => withoutNamed(headers(`h0${',a'.repeat(many)}`)),
  'many types in Accept': () => acceptsProblem('application/problem+json,'.repeat(many)),
})) {
  test(`reads ${what} in one pass`, (t) => {
    t.true(timed(work) < 2000)
  })
}
