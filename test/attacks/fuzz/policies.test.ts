/** Generated policies, compiled and served, before a model that reads them in another way. */

import test from 'ava'
import { corpusOf } from './corpus.ts'
import { kindOf, newTally, samples, tryPolicy } from './policies.ts'
import { openRig, type Rig } from './rig.ts'
import { search } from './search.ts'

let rig: Rig
test.before(async () => {
  rig = await openRig()
})
test.after.always(() => rig?.close())

test.serial('every policy of the corpus and its model agree', async (t) => {
  t.timeout(180_000)
  for (const { name, content } of corpusOf('policies')) {
    t.is(await tryPolicy(rig, JSON.parse(content), newTally()), undefined, name)
  }
  t.pass()
})

test.serial('a policy lets through what its model lets through, and answers the rest as it says', async (t) => {
  t.timeout(180_000)
  const tally = newTally()
  const target = { samples: samples(20), attempt: (sample: never) => tryPolicy(rig, sample, tally), kindOf, width: 1 }
  const { finding } = await search(target, { seed: Number(process.env.FUZZ_SEED ?? 1), time: 20_000, most: 60 })
  t.log(`${tally.policies} policies, ${tally.requests} requests, ${tally.passed} let through`)
  t.is(finding, undefined, JSON.stringify(finding, null, 1))
  t.true(tally.passed > 0)
})
