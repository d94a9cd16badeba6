import test from 'ava'
import { LinkFault } from '../../../src/services/primary/link.ts'
import { linked } from '../../helpers/linked.ts'

test('answers what is asked, from either end, in any order', async (t) => {
  const { worker, primary } = linked()
  const slow = Promise.withResolvers<string>()
  primary.handle('slow', () => slow.promise)
  primary.handle('double', (number: number) => number * 2)
  worker.handle('name', () => 'worker')
  const asked = worker.ask<string>('slow')
  t.is(await worker.ask('double', 21), 42)
  t.is(await primary.ask('name'), 'worker')
  slow.resolve('late')
  t.is(await asked, 'late')
})

test('hands over what an answer fails with, and takes in the next question', async (t) => {
  const { worker, primary } = linked()
  primary.handle('open', () => {
    throw new Error('the port is taken')
  })
  primary.handle('fine', () => 1)
  await t.throwsAsync(worker.ask('open'), { instanceOf: LinkFault, message: 'the port is taken' })
  t.is(await worker.ask('fine'), 1)
})

test('tells of what cannot be taken in, and what is not ours is left alone', async (t) => {
  const { worker, primary, failures } = linked()
  primary.handle('count', (takes: readonly string[]) => takes.map((take) => take.length))
  worker.tell('count', null)
  worker.tell('never heard of')
  for (const foreign of [null, 'text', 7, {}, { cmd: 'NODE_CLUSTER' }]) primary.receive(foreign)
  for (const odd of [{ portcullis: 'answer', id: 99, body: 1 }, { portcullis: 7 }]) primary.receive(odd)
  await new Promise((turn) => setImmediate(turn))
  t.is(failures.length, 1)
  t.true(failures[0] instanceof TypeError)
})

test('nobody waits for a process that is gone', async (t) => {
  const { worker, primary, cut } = linked()
  primary.handle('never', () => new Promise(() => {}))
  let endings = 0
  worker.ended(() => endings++)
  const waiting = worker.ask('never')
  cut()
  cut()
  await t.throwsAsync(waiting, { instanceOf: LinkFault })
  await t.throwsAsync(worker.ask('never'), { instanceOf: LinkFault })
  t.notThrows(() => worker.tell('never'))
  t.is(endings, 1)
})
