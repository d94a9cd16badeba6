/** Runs the examples of diagnostics: what is shown is what really comes out. */

import { existsSync } from 'node:fs'
import { createApp } from '../../src/app.ts'
import { reportText } from '../../src/cli/report/text.ts'
import type { Diagnostic } from '../../src/core/diagnostic.ts'
import { PolicyRefused } from '../../src/policy/findings.ts'
import { diagnose } from '../../src/policy/inspect.ts'
import { readSource, Unreadable } from '../../src/policy/read-source.ts'
import { createLog } from '../../src/services/log.ts'
import { createWorld } from '../../src/services/world.ts'
import { inFolder } from '../../test/policy/golden.ts'
import type { Example } from './example.ts'

const plain = (_: string, text: string): string => text

/** The lines of the report that tell of the rule; throws where the example does not show it, or its mending does not. */
export async function outputOf(rule: string, { wrong, mended, environment }: Example): Promise<string> {
  if (mended !== undefined) await demandMended(rule, mended)
  return inFolder(wrong, async () => {
    const found = (await findingsOf(environment)).filter((diagnostic) => diagnostic.rule === rule)
    if (found.length === 0) throw new Error(`the example of \`${rule}\` does not show it`)
    return withoutCount(reportText(found.slice(0, 1), plain)).replaceAll(process.cwd(), '/srv/shop')
  })
}

async function demandMended(rule: string, mended: NonNullable<Example['mended']>): Promise<void> {
  const left = await inFolder(mended, () => findingsOf(undefined))
  const faults = left.filter((each) => each.rule === rule || each.severity === 'error')
  if (faults.length > 0) throw new Error(`the mended example of \`${rule}\` is refused: ${JSON.stringify(faults)}`)
}

function findingsOf(environment: Example['environment']): readonly Diagnostic[] | Promise<readonly Diagnostic[]> {
  const values = existsSync('values.yaml') ? readSource('values.yaml') : undefined
  if (values instanceof Unreadable) throw new Error(values.message)
  return environment === undefined ? diagnose('policies', values) : openedWith(environment)
}

/** What only the filled-in value shows; the variables are gone again after it. */
async function openedWith(environment: NonNullable<Example['environment']>): Promise<readonly Diagnostic[]> {
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

/** `1 error, 0 warnings` tells nothing of one finding. */
const withoutCount = (report: string): string => report.replace(/\n\d+ errors?, \d+ warnings?\n$/, '')
