/** What is said of a certificate that does not fit: nothing at first, then once, until it is mended. */

import test from 'ava'
import { RefusedCertificate } from '../../../src/server/tls/refused-certificate.ts'
import { notedWorld } from '../../helpers/noted-world.ts'

test('is silent for a moment, speaks once, and takes it back', (t) => {
  const { log, status, lines } = notedWorld()
  const refused = new RefusedCertificate({ log, status })
  const [one, other] = [new Error('one'), new Error('other')]
  t.false(refused.note(one))
  t.deepEqual([status.faults.size, lines.length], [0, 0])
  for (const error of [one, one, one]) t.true(refused.note(error))
  t.is(status.faults.get('tls'), 'new certificates are refused: one')
  t.is(lines.length, 1)
  refused.note(other)
  t.is(status.faults.get('tls'), 'new certificates are refused: other')
  refused.clear()
  t.is(status.faults.size, 0)
  t.false(refused.note(one), 'silent for a moment again')
})
