/** `--format json`. */

import test from 'ava'
import { reportJson } from '../../../src/cli/report/json.ts'
import { finding, findingsOf } from './findings.ts'

test('JSON holds what a program needs, and nothing else', (t) => {
  t.deepEqual(JSON.parse(reportJson(findingsOf([{ ...finding(), related: [] }]))), [finding()])
  t.deepEqual(JSON.parse(reportJson(findingsOf([]))), [])
})
