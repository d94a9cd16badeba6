import test from 'ava'
import { StartFault } from '../../src/core/start-fault.ts'
import { InForce } from '../../src/enforce/in-force.ts'
import { createLog } from '../../src/services/log.ts'
import { createWorld } from '../../src/services/world.ts'

function bench() {
  const world = createWorld(createLog({ pretty: false, level: 'error' }))
  const closed: string[] = []
  const loadedOf = (digest: string) =>
    ({ active: { policy: { digest } }, close: () => void closed.push(digest) }) as unknown as ConstructorParameters<
      typeof InForce
    >[0]
  const inForce = new InForce(loadedOf('one'), world)
  const renew = (digest: string) => inForce.renew(async () => loadedOf(digest))
  const results = () =>
    (['success', 'unchanged', 'failure'] as const).map((result) => world.metrics.policyReloads.of({ result }))
  return { world, closed, inForce, loadedOf, renew, results }
}

test('lets go of policies once the last request that began with them is judged', async (t) => {
  const { inForce, renew, closed } = bench()
  const [first, second] = [inForce.lease(), inForce.lease()]
  await renew('two')
  t.is(inForce.lease().active.policy.digest, 'two')
  first.release()
  t.deepEqual(closed, [])
  second.release()
  t.deepEqual(closed, ['one'])
})

test('counts what became of each reload, and knows what is in force', async (t) => {
  const { world, renew, inForce, results } = bench()
  t.is(world.metrics.policy?.digest, 'one')
  await renew('two')
  await renew('two')
  await t.throwsAsync(inForce.renew(() => Promise.reject(new Error('broken'))))
  t.deepEqual(results(), [1, 1, 1])
  t.is(world.metrics.policy?.digest, 'two')
})

test('a failure changes nothing, and shows until one succeeds', async (t) => {
  const { world, renew, inForce, closed } = bench()
  await t.throwsAsync(inForce.renew(() => Promise.reject(new Error('broken'))))
  t.deepEqual([...world.status.faults.keys()], ['policies'])
  t.deepEqual([inForce.current.active.policy.digest, closed], ['one', []])
  await renew('one')
  t.deepEqual([...world.status.faults.keys()], [])
})

test('gives up a loading that does not end, says so, and lets go of what comes of it later', async (t) => {
  const { world, closed, loadedOf, results } = bench()
  const inForce = new InForce(loadedOf('first'), world, 20)
  const hanging = Promise.withResolvers<ReturnType<typeof loadedOf>>()
  const error = await t.throwsAsync(
    inForce.renew(() => hanging.promise),
    { instanceOf: StartFault },
  )
  t.is(error.message, 'loading took longer than 0.02 s, and was given up')
  t.deepEqual([...world.status.faults.keys()], ['policies'])
  await inForce.renew(async () => loadedOf('next'))
  hanging.resolve(loadedOf('late'))
  await hanging.promise
  t.is(inForce.current.active.policy.digest, 'next')
  t.deepEqual(closed, ['first', 'late'])
  t.deepEqual(results(), [1, 0, 1])
})

test('what is loaded while it closes is let go of, and puts nothing in force', async (t) => {
  const { world, inForce, loadedOf, closed, results } = bench()
  const loading = Promise.withResolvers<ReturnType<typeof loadedOf>>()
  const failing = Promise.withResolvers<ReturnType<typeof loadedOf>>()
  const renewing = [inForce.renew(() => loading.promise), inForce.renew(() => failing.promise)]
  await inForce.close()
  loading.resolve(loadedOf('two'))
  failing.reject(new Error('broken'))
  await Promise.allSettled(renewing)
  t.deepEqual(closed, ['one', 'two'])
  t.deepEqual([world.metrics.policy?.digest, results()[0], world.status.faults.size], ['one', 0, 0])
})
