import test from 'ava'
import { findHeads } from '../../../../src/services/audit/note.ts'
import { openPublisher } from '../../../../src/services/audit/publish/publishers.ts'
import { createLog } from '../../../../src/services/log.ts'
import { headOf } from '../../../helpers/heads.ts'
import { notedWorld } from '../../../helpers/noted-world.ts'

for (const pretty of [false, true]) {
  test(`logs heads so that the verifier finds them in ${pretty ? 'readable' : 'JSON'} lines`, async (t) => {
    const { metrics, status, lines } = notedWorld()
    const log = createLog({ pretty, destination: { write: (line) => void lines.push(line) } })
    const publisher = await openPublisher('stdout', { log, metrics, status })
    publisher.publish(headOf(1), 'passing')
    publisher.publish(headOf(2), 'lasting')
    t.is(lines.length, 2)
    t.deepEqual(
      findHeads(lines.join('')).map(({ text }) => text),
      [headOf(1), headOf(2)],
    )
    t.is(metrics.auditHeads.of({ publisher: 'stdout', result: 'published' }), 2)
  })
}

test('says that the level of the log hides the heads', async (t) => {
  const { metrics, status } = notedWorld()
  const log = createLog({ pretty: false, level: 'warn', destination: { write: () => t.fail() } })
  const publisher = await openPublisher('stdout', { log, metrics, status })
  t.regex(String(status.faults.get('audit/heads/stdout')), /level hides `info`/)
  publisher.publish(headOf(1), 'passing')
  t.is(metrics.auditHeads.of({ publisher: 'stdout', result: 'failed' }), 1)
  await publisher.close()
  t.is(status.faults.size, 0)
})
