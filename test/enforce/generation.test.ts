import test from 'ava'
import { makeReady } from '../../src/app.ts'
import { Generation } from '../../src/enforce/generation.ts'
import { createLog } from '../../src/services/log.ts'
import { createWorld } from '../../src/services/world.ts'
import { writePolicies } from '../helpers/gate.ts'
import { openToAll } from '../library/app.ts'

async function openGeneration() {
  const world = createWorld(createLog({ pretty: false, level: 'error' }))
  const ready = await makeReady(writePolicies({ 'app.yaml': openToAll }), { world, mounted: true })
  const closes: string[] = []
  const generation = new Generation({
    ...ready,
    close: () => {
      ready.close()
      closes.push('closed')
    },
  })
  return { generation, ready, closes }
}

test('is closed at once where no request needs it', async (t) => {
  const { generation, closes } = await openGeneration()
  t.deepEqual(closes, [])
  await generation.retire()
  t.deepEqual(closes, ['closed'])
})

test('is kept while it is the current one, and until the last request that began with it is judged', async (t) => {
  const { generation, ready, closes } = await openGeneration()
  generation.lease().release()
  const [first, second] = [generation.lease(), generation.lease()]
  t.is(first.active, ready.active)
  const retired = generation.retire()
  first.release()
  t.deepEqual(closes, [])
  second.release()
  await retired
  t.deepEqual(closes, ['closed'])
})
