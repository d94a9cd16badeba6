/** One record as one line that a person reads. */

import type { AuditRecord } from '../../tools/audit/filter.ts'
import type { Paint } from '../paint.ts'
import { printable, widthOf } from '../printable.ts'

const colours = { allowed: 'green', denied: 'red', failed: 'red', intended: 'yellow', done: 'dim' } as const

/** Time, outcome, event, who and from where, what, and why. */
export function recordLine(record: AuditRecord, paint: Paint): string {
  const outcome = word(record.outcome)
  const colour = Object.hasOwn(colours, outcome) ? colours[outcome as keyof typeof colours] : 'yellow'
  const columns = [
    paint('dim', word(record.time)),
    paint(colour, pad(outcome, 8)),
    pad(word(record.event), 14),
    pad(whoOf(record), 24),
    pad(
      [word(record.route) || [record.method, record.path].map(word).filter(Boolean).join(' '), statusOf(record)]
        .filter(Boolean)
        .join(' → '),
      32,
    ),
    othersOf(record),
  ]
  return columns.join('  ').trimEnd()
}

const pad = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)))

/** Whatever stands in a log, a terminal is not steered by it. */
const word = (value: unknown): string =>
  value === undefined ? '' : printable(typeof value === 'string' ? value : JSON.stringify(value))

function whoOf({ principal, address }: AuditRecord): string {
  const { issuer, id } = (principal ?? {}) as { readonly issuer?: unknown; readonly id?: unknown }
  const who = [word(issuer), word(id)].filter(Boolean).join('/')
  return [who, word(address)].filter(Boolean).join(' ')
}

const statusOf = ({ status }: AuditRecord): string => word(status)

const placed = new Set([
  'v',
  'seq',
  'prev',
  'time',
  'event',
  'outcome',
  'principal',
  'address',
  'method',
  'route',
  'path',
  'status',
  'policy',
])

/** The rest as `name=value`, in the order of the record. */
const othersOf = (record: AuditRecord): string =>
  Object.entries(record)
    .filter(([name]) => !placed.has(name))
    .map(([name, value]) => `${printable(name)}=${word(value)}`)
    .join(' ')
