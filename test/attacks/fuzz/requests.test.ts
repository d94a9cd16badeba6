/** Any bytes before a rich policy, served by the real command: what was found once, and some that are new. */

import test from 'ava'
import { connections } from './any-bytes.ts'
import { corpusOf } from './corpus.ts'
import { unescapeBytes } from './escape.ts'
import type { Model } from './model/decide.ts'
import { kindOfSent, newModel, type Sent, trySent } from './requests.ts'
import { search } from './search.ts'
import { type Served, serveCitadel } from './serve-child.ts'

let served: Served
let model: Model
test.before(async () => {
  served = await serveCitadel()
  model = newModel(served)
})
test.after.always(() => served?.close())

test.serial('every request of the corpus is answered as its model says, and nothing passes it', async (t) => {
  t.timeout(180_000)
  for (const { name, content } of corpusOf('requests')) {
    const fault = await trySent(served, model, { text: unescapeBytes(content), cuts: [], aborts: false })
    t.is(fault, undefined, name)
  }
})

test.serial(
  'whatever bytes come, answers are of the catalogue, the process lives, nothing passes the model',
  async (t) => {
    t.timeout(180_000)
    const target = {
      samples: connections,
      attempt: (sent: Sent) => trySent(served, model, sent),
      kindOf: kindOfSent,
      width: 16,
    }
    const seed = Number(process.env.FUZZ_SEED ?? 1)
    const { finding, tried } = await search(target, { seed, time: 20_000, most: 1500 })
    t.log(`${tried} connections, ${Math.round(served.memory())} MB`)
    t.is(finding, undefined, JSON.stringify(finding, null, 1))
    t.true(served.isAlive())
    t.true(served.memory() < 700)
  },
)
