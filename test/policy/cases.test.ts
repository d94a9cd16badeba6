/** Every rule of `check`, by its golden case: input and exact output. */

import { existsSync } from 'node:fs'
import test from 'ava'
import { createApp } from '../../src/app.ts'
import { reportText } from '../../src/cli/report/text.ts'
import type { Diagnostic } from '../../src/core/diagnostic.ts'
import { PolicyRefused } from '../../src/policy/findings.ts'
import { diagnose } from '../../src/policy/inspect.ts'
import { readSource, Unreadable } from '../../src/policy/read-source.ts'
import { allRules } from '../../src/policy/rules/index.ts'
import { createLog } from '../../src/services/log.ts'
import { createWorld } from '../../src/services/world.ts'
import { type GoldenCase, inFolder, readCases, writeCase } from './golden.ts'

const cases = readCases()
const plain = (_: string, text: string) => text

const reportOf = ({ files, environment }: GoldenCase): Promise<string> =>
  inFolder(files, async () => {
    const values = existsSync('values.yaml') ? readSource('values.yaml') : undefined
    if (values instanceof Unreadable) throw new Error(values.message)
    const found = environment ? await openedWith(environment) : diagnose('policies', values)
    return reportText(found, plain).replaceAll(process.cwd(), '/srv/shop')
  })

/** What opening says with these variables, which are gone again after it. */
async function openedWith(environment: NonNullable<GoldenCase['environment']>): Promise<readonly Diagnostic[]> {
  Object.assign(process.env, environment)
  try {
    const app = await createApp('policies', { world: createWorld(createLog({ pretty: false, level: 'error' })) })
    await app.close()
    return app.warnings
  } catch (error) {
    if (error instanceof PolicyRefused) return error.diagnostics
    throw error
  } finally {
    for (const name of Object.keys(environment)) delete process.env[name]
  }
}

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
