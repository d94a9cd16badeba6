/** Mutated policies before `check`: it tells what is wrong, whatever it is given. */

import test from 'ava'
import { corpusOf } from './corpus.ts'
import { search } from './search.ts'
import { tryYaml, yamlSamples } from './yaml.ts'

test.serial('every file of the corpus is checked without a throw', async (t) => {
  t.timeout(180_000)
  for (const { name, content } of corpusOf('yaml')) t.is(await tryYaml({ text: content }), undefined, name)
  t.pass()
})

test.serial('whatever becomes of a policy, check finds and places it, and what is sound compiles', async (t) => {
  t.timeout(180_000)
  const target = { samples: yamlSamples, attempt: tryYaml, kindOf: (fault: string) => fault.slice(0, 60), width: 1 }
  const { finding, tried } = await search(target, { seed: Number(process.env.FUZZ_SEED ?? 1), time: 10_000, most: 150 })
  t.log(`${tried} policies`)
  t.is(finding, undefined, finding && `${finding.fault}\n${finding.sample.text}`)
})
