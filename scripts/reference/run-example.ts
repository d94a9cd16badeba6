/** Runs the examples of diagnostics: what is shown is what really comes out. */

import { reportText } from '../../src/cli/report/text.ts'
import { findingsOf } from '../../test/policy/findings.ts'
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

/** `1 error, 0 warnings` tells nothing of one finding. */
const withoutCount = (report: string): string => report.replace(/\n\d+ errors?, \d+ warnings?\n$/, '')
