/** What the log says of itself, and how an entry becomes text. */

import type { AuditEntry, AuditValue } from '../../../core/audit.ts'
import type { AuditEvent } from '../events.ts'

/** An entry of the log's own. */
export const ownEntry = (
  event: Extract<AuditEvent, `audit.${string}`>,
  members: Readonly<Record<string, AuditValue>> = {},
): AuditEntry => ({ event, outcome: 'done', ...members })

/** The record without what its place in the log gives it; `Chain.prefix` goes before. Throws where JSON cannot say it. */
export function writeBody(entry: AuditEntry, time: number): string {
  const text = JSON.stringify(entry)
  if (!text.startsWith('{"')) throw new TypeError('an entry must have members')
  return `"time":"${isoTime(time)}",${text.slice(1)}`
}

let written = ''
let writtenTime = Number.NaN

/** Many entries fall into one millisecond. */
function isoTime(time: number): string {
  if (time !== writtenTime) {
    written = new Date(time).toISOString()
    writtenTime = time
  }
  return written
}
