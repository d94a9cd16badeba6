/** What is done at the end of a turn of the event loop: together, in order, each in the context of who asked for it. */

import { AsyncLocalStorage } from 'node:async_hooks'
import { once } from 'node:events'
import test from 'ava'
import { atEndOfTurn } from '../../src/core/end-of-turn.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

test.serial('acts of one turn run in order, and nothing that one sets off comes between them', async (t) => {
  const seen: string[] = []
  for (const name of ['first', 'second', 'third']) {
    atEndOfTurn(() => {
      seen.push(name)
      process.nextTick(() => seen.push(`tick of ${name}`))
      queueMicrotask(() => seen.push(`microtask of ${name}`))
    })
  }
  t.deepEqual(seen, [])
  await turn()
  t.deepEqual(seen.slice(0, 3), ['first', 'second', 'third'])
  t.is(seen.length, 9)
})

test.serial('what is asked for meanwhile waits for the next turn', async (t) => {
  const seen: string[] = []
  atEndOfTurn(() => {
    seen.push('first')
    atEndOfTurn(() => seen.push('next'))
  })
  await turn()
  t.deepEqual(seen, ['first'])
  await turn()
  t.deepEqual(seen, ['first', 'next'])
})

test.serial('each runs in the async context of who asked for it', async (t) => {
  const storage = new AsyncLocalStorage<string>()
  const seen: (string | undefined)[] = []
  for (const name of ['one', 'two']) {
    storage.run(name, () =>
      atEndOfTurn(() => {
        seen.push(storage.getStore())
        process.nextTick(() => seen.push(storage.getStore()))
      }),
    )
  }
  await turn()
  t.deepEqual(seen, ['one', 'two', 'one', 'two'])
})

test.serial('what throws is an uncaught exception, and keeps no other from its turn', async (t) => {
  const others = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  t.teardown(() => {
    for (const other of others) process.on('uncaughtException', other)
  })
  const thrown = once(process, 'uncaughtException')
  const seen: string[] = []
  atEndOfTurn(() => {
    throw new Error('nobody catches it')
  })
  atEndOfTurn(() => seen.push('second'))
  const [error] = await thrown
  t.is(error.message, 'nobody catches it')
  t.deepEqual(seen, ['second'])
})
