/** `npm run fuzz [-- --minutes N --seed S --only requests|policies|yaml]`: fuzzes in slices, and keeps what it finds in the corpus. */

import { parseArgs } from 'node:util'
import { fuzzPolicies, fuzzRequests, fuzzYaml } from '../test/attacks/fuzz/slices.ts'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Math.floor(Date.now() / 1000) * 1000) },
    only: { type: 'string' },
  },
})

const slices = { requests: fuzzRequests, policies: fuzzPolicies, yaml: fuzzYaml }
const chosen = Object.entries(slices).filter(([name]) => values.only === undefined || name === values.only)
const [minutes, first] = [Number(values.minutes), Number(values.seed)]
if (!(minutes > 0) || !Number.isSafeInteger(first) || chosen.length === 0) {
  process.stderr.write('usage: npm run fuzz [-- --minutes N --seed S --only requests|policies|yaml]\n')
  process.exit(2)
}

/** Milliseconds of one slice: each opens a server, and accounts, of its own. */
const slice = Math.min(120_000, (minutes * 60_000) / chosen.length)

const ends = performance.now() + minutes * 60_000
const totals = new Map<string, number>()
let found = 0
process.stdout.write(`fuzzing for ${minutes} min, seed ${first}\n`)
for (let seed = first; performance.now() < ends; seed += 100_000) {
  for (const [name, fuzz] of chosen) {
    const time = Math.min(slice, ends - performance.now())
    if (time <= 0) break
    const { tried, said, kept } = await fuzz({ seed, time })
    totals.set(name, (totals.get(name) ?? 0) + tried)
    process.stdout.write(`${name}, seed ${seed}: ${tried} tried, ${said}\n`)
    if (kept === undefined) continue
    found++
    process.stdout.write(`kept as ${kept}; replay: npx ava test/attacks/fuzz/${name}.test.ts\n`)
  }
}
const sum = [...totals].map(([name, tried]) => `${tried} ${name}`).join(', ')
process.stdout.write(`${sum}: ${found === 0 ? 'nothing found' : `${found} found`}\n`)
process.exitCode = found === 0 ? 0 : 1
