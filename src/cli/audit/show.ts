/** `portcullis audit show`: the records that are asked for, of all logs in the order of their times. */

import { once } from 'node:events'
import { readDuration } from '../../core/duration.ts'
import { createFilter, type Wanted } from '../../tools/audit/filter.ts'
import { follow } from '../../tools/audit/follow.ts'
import { type Inventory, takeInventory } from '../../tools/audit/inventory.ts'
import { readRecords, type Shown } from '../../tools/audit/records.ts'
import { Unreadable } from '../../tools/audit/report.ts'
import { type Call, text, UsageFault } from '../command.ts'
import { paintFor } from '../paint.ts'
import { directoryOf, formatOf } from './call.ts'
import { outcomeColours, recordLine } from './record-line.ts'

export async function show(call: Call): Promise<number> {
  const directory = directoryOf(call)
  const filter = createFilter(wantedOf(call.flags))
  const log = text(call.flags.log)
  const inventory = await chosen(directory, log)
  const write = writerOf(call, log === undefined && (call.flags.follow === true || inventory.logs.length > 1))
  const following = call.flags.follow
    ? await follow(directory, inventory, { filter, log, show: (shown) => write(shown) })
    : undefined
  if (following === undefined) return showAll(inventory, write, filter)
  process.once('SIGINT', following.close).once('SIGTERM', following.close)
  process.stdout.once('error', following.close)
  await following.ended
  return 0
}

async function chosen(directory: string, log: string | undefined): Promise<Inventory> {
  const { logs, foreign } = await takeInventory(directory)
  const known = logs.map(({ id }) => `\`${id}\``).join(', ')
  if (logs.length === 0) throw new Unreadable(`no audit log is in \`${directory}\``)
  if (log === undefined) return { logs, foreign }
  if (!logs.some(({ id }) => id === log)) throw new UsageFault(`no log is named \`${log}\`; known here: ${known}`)
  return { logs: logs.filter(({ id }) => id === log), foreign }
}

async function showAll(
  { logs }: Inventory,
  write: (shown: Shown) => boolean,
  filter: ReturnType<typeof createFilter>,
): Promise<number> {
  const spoilt = new Spoilt()
  for await (const shown of readRecords(logs, filter, spoilt)) {
    if (process.stdout.destroyed) break
    if (!write(shown))
      await Promise.race([once(process.stdout, 'drain'), once(process.stdout, 'close')]).catch(() => {})
  }
  for (const sentence of spoilt.sentences) process.stderr.write(`portcullis: ${sentence}: \`audit verify\` says more\n`)
  return 0
}

/** What could not be shown, told after the rest. */
class Spoilt {
  readonly #lines = new Map<string, number>()
  readonly #files: string[] = []

  line(file: string): void {
    this.#lines.set(file, (this.#lines.get(file) ?? 0) + 1)
  }

  file(file: string, why: string): void {
    this.#files.push(`\`${file}\` cannot be read to its end: ${why}`)
  }

  get sentences(): readonly string[] {
    const lines = [...this.#lines].map(([file, count]) =>
      count === 1 ? `a line of \`${file}\` is no record` : `${count} lines of \`${file}\` are no records`,
    )
    return [...this.#files, ...lines]
  }
}

function writerOf(call: Call, isMixed: boolean): (shown: Shown) => boolean {
  if (formatOf(call) === 'json') return ({ line }) => process.stdout.write(`${line}\n`)
  const look = { paint: paintFor(process.stdout), isTerminal: process.stdout.isTTY === true, isMixed }
  return ({ record }) => process.stdout.write(`${recordLine(record, look)}\n`)
}

const wantedOf = (flags: Call['flags']): Wanted => ({
  user: text(flags.user),
  issuer: text(flags.issuer),
  event: text(flags.event),
  outcome: outcomeOf(text(flags.outcome)),
  requestId: text(flags['request-id']),
  since: timeOf('since', text(flags.since)),
  until: timeOf('until', text(flags.until)),
})

/** The list is closed, so that another one is a mistake, and not a search without a find. */
function outcomeOf(written: string | undefined): string | undefined {
  if (written === undefined || Object.hasOwn(outcomeColours, written)) return written
  const known = Object.keys(outcomeColours)
    .map((name) => `\`${name}\``)
    .join(', ')
  throw new UsageFault(`expected \`--outcome\` to be one of ${known}, got \`${written}\``)
}

/** A time as records write it: of an ISO time, or of so long ago. */
function timeOf(flag: string, written: string | undefined): string | undefined {
  if (written === undefined) return undefined
  const time = /^\d{4}-\d\d/.test(written) ? Date.parse(written) : Date.now() - durationOf(written)
  if (Number.isNaN(time))
    throw new UsageFault(
      `expected \`--${flag}\` to be a time such as \`2026-11-25T03:00:00Z\` or \`15m\`, got \`${written}\``,
    )
  return new Date(time).toISOString()
}

function durationOf(written: string): number {
  try {
    return readDuration(written)
  } catch {
    return Number.NaN
  }
}
