import test from 'ava'
import { Trail } from '../../../src/services/audit/trail.ts'
import { AuditSink, pseudonym } from '../../helpers/audit-sink.ts'

const entry = { event: 'data.read', outcome: 'allowed' } as const

test('keeps nothing without a log, and nothing is missing from it then', async (t) => {
  const trail = new Trail()
  trail.append(entry)
  t.false(trail.isKept)
  t.true(await trail.commit(entry))
})

test('leads to the log once there is one', async (t) => {
  const trail = new Trail()
  const sink = new AuditSink()
  trail.attach(sink, pseudonym)
  t.true(trail.isKept)
  trail.append(entry)
  t.true(await trail.commit(entry))
  t.deepEqual(sink.records, [entry, entry])
})

test('says what the log says of an entry that cannot be kept', async (t) => {
  const trail = new Trail()
  const sink = new AuditSink()
  trail.attach(sink, pseudonym)
  sink.failing = true
  t.false(await trail.commit(entry))
})

test('never writes a name in clear for want of a key', (t) => {
  const trail = new Trail()
  t.regex(trail.pseudonym('user.id', 'anna'), /^pseudonym:/)
  const own = trail.pseudonym('user.id', 'anna')
  trail.attach(new AuditSink(), pseudonym)
  t.not(trail.pseudonym('user.id', 'anna'), own)
  t.is(trail.pseudonym('user.id', 'anna'), pseudonym('user.id', 'anna'))
})
