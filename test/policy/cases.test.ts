/** Every rule of `check`, by its golden case: input and exact output. */

import test from 'ava'
import { reportText } from '../../src/cli/report/text.ts'
import { allRules } from '../../src/policy/rules/index.ts'
import { findingsOf } from './findings.ts'
import { type GoldenCase, inFolder, readCases, writeCase } from './golden.ts'

const cases = readCases()
const plain = (_: string, text: string) => text

const reportOf = ({ files, environment }: GoldenCase): Promise<string> =>
  inFolder(files, async () => {
    const found = await findingsOf(environment)
    return reportText(found, plain).replaceAll(process.cwd(), '/srv/shop')
  })

for (const golden of cases) {
  test.serial(`reports ${golden.name.replaceAll('-', ' ')}`, async (t) => {
    const report = await reportOf(golden)
    if (process.env.UPDATE_CASES) writeCase(golden, report)
    t.is(report, golden.report)
  })
}

test('every rule has a golden case', (t) => {
  const reports = cases.map(({ report }) => report).join('\n')
  const missing = Object.keys(allRules).filter((id) => !reports.includes(`  ${id}  `))
  t.deepEqual(missing, [])
})

test('every rule says why it is one and how it is mended', (t) => {
  for (const [id, { cause, hint }] of Object.entries(allRules)) {
    t.regex(id, /^[a-zA-Z]+\/[a-z-]+$/)
    t.regex(cause, /^[A-Z`].*\.$/, id)
    t.notRegex(hint, /^[A-Z]|\.$/, id)
  }
})
