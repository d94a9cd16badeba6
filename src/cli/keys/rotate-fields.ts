/** `portcullis keys rotate --fields`: seals every sensitive column with the first of the field keys, while servers run. */

import type { Call } from '../command.ts'
import { atDesk, policiesOf } from '../desk.ts'

const { stderr, stdout } = process

/** The exit status. */
export const rotateFields = (flags: Call['flags']): Promise<number> =>
  atDesk(policiesOf(flags), async ({ store, operator }) => {
    const { sealed, faults } = await store.rotateFields({ progress: showProgress }, operator)
    if (stderr.isTTY) stderr.write('\r\x1B[K')
    stdout.write(`${sealed} ${sealed === 1 ? 'value was' : 'values were'} sealed with the first field key\n`)
    for (const { message } of faults) stderr.write(`portcullis: ${message}\n`)
    if (faults.length === 0) return 0
    stderr.write('portcullis: keep the field keys that sealed these, or what is in them is lost\n')
    return 1
  })

function showProgress(sealed: number): void {
  if (stderr.isTTY) stderr.write(`\r${sealed} values`)
}
