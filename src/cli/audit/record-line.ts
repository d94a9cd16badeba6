/** One record as one line that a person reads; a terminal has the rest of it on a second one. */

import type { AuditOutcome } from '../../core/audit.ts'
import type { AuditRecord } from '../../tools/audit/filter.ts'
import type { Paint } from '../paint.ts'
import { printable, widthOf } from '../printable.ts'

export interface Look {
  readonly paint: Paint
  readonly isTerminal: boolean
  /** Records of several logs may come, so that each names its own. */
  readonly isMixed: boolean
}

export const outcomeColours: Readonly<Record<AuditOutcome, Parameters<Paint>[0]>> = {
  allowed: 'green',
  denied: 'red',
  failed: 'red',
  intended: 'yellow',
  done: 'dim',
}

/** Time, outcome, event, who and from where, what, and why. */
export function recordLine(record: AuditRecord, { paint, isTerminal, isMixed }: Look): string {
  const outcome = word(record.outcome)
  const colour = Object.hasOwn(outcomeColours, outcome) ? outcomeColours[outcome as AuditOutcome] : 'yellow'
  const columns = [
    paint('dim', word(record.time)),
    paint(colour, pad(outcome, 8)),
    pad(word(record.event), 14),
    pad(whoOf(record), 24),
    pad(whatOf(record), isTerminal ? 0 : 32),
  ]
  const line = columns.join('  ')
  const others = othersOf(record, isMixed)
  if (isTerminal) return others === '' ? line.trimEnd() : `${line.trimEnd()}\n    ${paint('dim', others)}`
  return `${line}  ${others}`.trimEnd()
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

function whatOf({ route, method, path, status }: AuditRecord): string {
  const target = word(route) || [method, path].map(word).filter(Boolean).join(' ')
  return [target, word(status)].filter(Boolean).join(' → ')
}

const placed = [
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
]
/** For machines, and long; `--format json` has them. */
const forMachines = ['policy', 'tree', 'key']
const passedOver = new Set([...placed, ...forMachines])

/** The rest as `name=value`, in the order of the record; nothing that the line says already. */
const othersOf = (record: AuditRecord, isMixed: boolean): string =>
  Object.entries(record)
    .filter(([name]) => !passedOver.has(name) && (name !== 'log' || isMixed))
    .filter(([name, value]) => name !== 'action' || value !== record.event)
    .map(([name, value]) => `${printable(name)}=${word(value)}`)
    .join(' ')
