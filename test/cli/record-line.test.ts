/** How `audit show` writes a record. */

import test from 'ava'
import { recordLine } from '../../src/cli/audit/record-line.ts'

const paint = (_colour: string, text: string): string => text
const pipe = { paint, isTerminal: false, isMixed: false }
const terminal = { ...pipe, isTerminal: true }

const denied = {
  v: 1,
  log: 'web1-0123abcd',
  seq: 7,
  prev: 'Hp6X+rWBUiImAkxQIHoVEiKYZOtOUJu9hCb+cUXbxxk=',
  time: '2026-11-25T04:51:14.225Z',
  event: 'auth.failed',
  outcome: 'denied',
  address: '203.0.113.9',
  method: 'GET',
  route: 'GET /orders/:id',
  guard: 'authenticate',
  reason: 'token_missing',
  policy: '22cfce7b87b24912',
  source: 'a.yaml:19',
  requestId: '2ed727e6',
  status: 401,
}

test('is one line where it is read by programs', (t) => {
  const line = recordLine(denied, pipe)
  t.regex(
    line,
    /^2026-11-25T04:51:14\.225Z {2}denied {4}auth\.failed {5}203\.0\.113\.9 +GET \/orders\/:id → 401 +guard=/,
  )
  t.regex(line, / guard=authenticate reason=token_missing source=a\.yaml:19 requestId=2ed727e6$/)
  t.false(line.includes('\n'))
})

test('has the rest on a second line on a terminal, and the first fits', (t) => {
  const [first = '', second = '', ...more] = recordLine(denied, terminal).split('\n')
  t.true(first.length <= 110, String(first.length))
  t.true(first.endsWith('→ 401'))
  t.is(second, '    guard=authenticate reason=token_missing source=a.yaml:19 requestId=2ed727e6')
  t.deepEqual(more, [])
})

test('is one line on a terminal, too, where that is all', (t) => {
  const line = recordLine({ time: denied.time, event: 'audit.started', outcome: 'done', log: 'a' }, terminal)
  t.is(line, '2026-11-25T04:51:14.225Z  done      audit.started')
})

test('names the log where there are several', (t) => {
  t.false(recordLine(denied, pipe).includes('web1'))
  t.true(recordLine(denied, { ...pipe, isMixed: true }).includes('  log=web1-0123abcd guard='))
})

test('says nothing twice, and leaves hashes to JSON', (t) => {
  const line = recordLine(
    { ...denied, event: 'order.create', action: 'order.create', tree: { size: 1 }, key: 'k' },
    pipe,
  )
  t.notRegex(line, /action=|tree=|key=|policy=|prev=/)
  t.regex(recordLine({ ...denied, action: 'order.create' }, pipe), / action=order\.create$/)
})
