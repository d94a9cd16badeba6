/** `portcullis audit verify`: what the verifier says, in words or as JSON. */

import { readGivenHeads } from '../../tools/audit/given-heads.ts'
import { readPublicKeys } from '../../tools/audit/head-keys.ts'
import { type LogReport, statusOf, type Verdict } from '../../tools/audit/report.ts'
import { type Verification, verifyLogs } from '../../tools/audit/verify.ts'
import type { Call } from '../command.ts'
import { type Paint, paintFor } from '../paint.ts'
import { printable } from '../printable.ts'
import { directoryOf, formatOf, list } from './call.ts'
import { Progress } from './progress.ts'

export async function verify(call: Call): Promise<number> {
  const format = formatOf(call)
  const keys = readPublicKeys(list(call.flags['public-key']))
  const heads = await readGivenHeads(list(call.flags.heads))
  const progress = new Progress()
  const found = await verifyLogs(directoryOf(call), { heads, keys, progress: (done, all) => progress.tell(done, all) })
  progress.end()
  process.stdout.write(
    format === 'json'
      ? `${JSON.stringify(found, null, 2)}\n`
      : textOf(found, keys.length > 0, paintFor(process.stdout)),
  )
  return statusOf(found.logs)
}

const textOf = ({ logs, notes }: Verification, areGiven: boolean, paint: Paint): string =>
  `${[...logs.map((log) => linesOf(log, areGiven, paint).join('\n')), ...notes.map((note) => `note: ${printable(note)}`)].join('\n')}\n`

const words: Readonly<Record<Verdict, readonly ['green' | 'red' | 'yellow', string]>> = {
  whole: ['green', 'whole'],
  tampered: ['red', 'tampered'],
  unreadable: ['red', 'unreadable'],
  unproven: ['yellow', 'whole as far as can be seen, but its end is unproven'],
}

function linesOf(report: LogReport, areGiven: boolean, paint: Paint): readonly string[] {
  const { log, verdict, notes, keys } = report
  const [colour, word] = words[verdict]
  return [
    `${printable(log)}: ${paint(colour, word)}`,
    ...reasonOf(report).map((line) => `  ${printable(line)}`),
    `  ${extentOf(report)}`,
    ...(verdict === 'tampered' ? [] : [`  ${headsOf(report)}`]),
    ...keys.map((key) => `  signed with ${printable(key)}${areGiven ? '' : ', as the log itself says'}`),
    ...notes.map((note) => `  note: ${printable(note)}`),
  ]
}

function reasonOf({ reason, place }: LogReport): readonly string[] {
  if (reason === undefined) return []
  if (place === undefined) return [reason]
  return [`${place.file}${place.line === undefined ? '' : `:${place.line}`}: ${reason}`]
}

function extentOf({ records, first, last, from, to, verdict }: LogReport): string {
  if (records === 0) return 'no records'
  const which = verdict === 'tampered' ? 'records read until then' : 'records'
  return `${records} ${which}, ${first} to ${last}, from ${printable(from ?? '?')} to ${printable(to ?? '?')}`
}

function headsOf({ heads: { own, given, beforeStart } }: LogReport): string {
  const before = beforeStart === 0 ? '' : `, ${beforeStart} more about records that were removed since`
  return `heads that hold: ${own} of its own, ${given} from elsewhere${before}`
}
