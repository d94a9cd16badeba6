/** The queue of requests that came in a long turn of the event loop; one test after the other, for they hold it up. */

import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import { RequestQueue } from '../../src/server/request-queue.ts'

function burn(milliseconds: number): void {
  const until = performance.now() + milliseconds
  while (performance.now() < until);
}

/** A queue, what was begun, and the longest that it was told of. */
function setup() {
  const begun: number[] = []
  const noted: number[] = []
  const queue = new RequestQueue((milliseconds) => noted.push(milliseconds))
  /** Whether it had to wait. */
  const ask = (name: number, work = 0): boolean => {
    const now = performance.now()
    const begin = () => {
      begun.push(name)
      burn(work)
    }
    if (!queue.isFull(now)) begin()
    else {
      void queue.enter(now).then(begin)
      return true
    }
    return false
  }
  return { queue, begun, noted, ask }
}

test.serial('begins what comes in a young turn at once', async (t) => {
  const { queue, ask } = setup()
  for (let name = 0; name < 50; name++) t.false(ask(name))
  await turn()
  t.is(queue.length, 0)
  t.is(queue.wait, 0)
})

test.serial('lets wait what comes in a turn that is long, and begins it in order', async (t) => {
  const { queue, begun, ask } = setup()
  t.false(ask(0, 30))
  for (let name = 1; name < 10; name++) t.true(ask(name))
  t.deepEqual(begun, [0])
  while (queue.length > 0) await turn()
  await turn()
  t.deepEqual(begun, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})

test.serial('looks after each slice for what else there is, and lets nothing overtake', async (t) => {
  const { queue, begun, ask } = setup()
  ask(0, 30)
  for (let name = 1; name <= 8; name++) ask(name, 3)
  const left: number[] = []
  for (let name = 9; queue.length > 0; name++) {
    await turn()
    left.push(queue.length)
    if (queue.length > 0 && name < 12) t.true(ask(name))
  }
  t.true(left.length > 2, `turns: ${left}`)
  await turn()
  t.deepEqual(
    begun,
    begun.toSorted((a, b) => a - b),
  )
})

test.serial('tells how long a request will wait, and since when there is one', async (t) => {
  const { queue, noted, ask } = setup()
  t.is(queue.busy(performance.now()), 0)
  ask(0, 30)
  const since = performance.now()
  for (let name = 1; name <= 40; name++) ask(name, 4)
  for (let turns = 0; turns < 5; turns++) await turn()
  t.true(queue.length > 10)
  t.true(queue.wait > queue.length, `${queue.wait}`)
  const busy = queue.busy(performance.now())
  t.true(busy > 15 && busy <= performance.now() - since + 1, `${busy}`)
  while (queue.length > 0) await turn()
  t.is(queue.wait, 0)
  t.is(queue.busy(performance.now()), 0)
  t.true(Math.max(...noted) > 100)
})

test.serial('takes one that holds up the others for what it is', async (t) => {
  const { queue, ask } = setup()
  const paces: number[] = []
  ask(0, 30)
  for (let name = 1; name <= 20; name++) {
    const now = performance.now()
    t.true(queue.isFull(now))
    void queue.enter(now).then(() => {
      paces.push(queue.wait / queue.length)
      burn(name === 12 ? 400 : 6)
    })
  }
  while (queue.length > 0) await turn()
  const [before = 0, after = 0] = paces.slice(11)
  t.true(after > before && after < 2 * before + 2, `${before} ${after}`)
})
