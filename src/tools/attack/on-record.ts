/** Whether the audit log holds what was let in and has to be on record. */

import { setTimeout as delay } from 'node:timers/promises'
import { createFilter, type Filter } from '../audit/filter.ts'
import { takeInventory } from '../audit/inventory.ts'
import { readRecords } from '../audit/records.ts'
import { Unreadable } from '../audit/report.ts'
import type { Entered } from './probe.ts'
import type { Finding, Report } from './run.ts'

/** Milliseconds that records which are not required may take to reach the disk. */
const patience = 5_000
const pause = 200

export class Records {
  readonly #directory: string
  readonly #filter: Filter

  private constructor(directory: string) {
    this.#directory = directory
    this.#filter = createFilter({ since: new Date().toISOString() })
  }

  /** What comes into the log from now on. Throws `Unreadable` where none is there. */
  static async open(directory: string): Promise<Records> {
    const { logs } = await takeInventory(directory)
    if (logs.length === 0) throw new Unreadable(`no audit log is in \`${directory}\``)
    return new Records(directory)
  }

  /** A report with what the log shows of it. */
  async addTo(report: Report): Promise<Report> {
    const missing = new Map(report.entered.map((entered) => [entered.requestId, entered]))
    const findings: Finding[] = []
    const end = performance.now() + patience
    for (;;) {
      findings.push(...(await this.#take(missing)))
      if (missing.size === 0 || performance.now() >= end) break
      await delay(pause)
    }
    findings.push(...[...missing.values()].map(missingOf))
    const sound = report.entered.length - findings.length
    return {
      ...report,
      findings: [...report.findings, ...findings],
      sound: sound > 0 ? new Map([...report.sound, ['audit', sound]]) : report.sound,
    }
  }

  /** Takes out what is there; says what is there and wrong. */
  async #take(missing: Map<string, Entered>): Promise<readonly Finding[]> {
    const findings: Finding[] = []
    const { logs } = await takeInventory(this.#directory)
    for await (const { record } of readRecords(logs, this.#filter, unheeded)) {
      const entered = missing.get(String(record.requestId))
      if (entered === undefined) continue
      missing.delete(entered.requestId)
      const { event = record.event } = entered.probe.onRecord
      if (record.event !== event) {
        const message = `expected a record of \`${event}\`, it says \`${record.event}\``
        findings.push(findingOf(entered, message))
      }
    }
    return findings
  }
}

/** What cannot be read may be half written; `audit verify` is who judges that. */
const unheeded = { line: () => {}, file: () => {} }

const findingOf = ({ probe }: Entered, message: string): Finding => ({
  probe: { ...probe, guard: 'audit', source: probe.onRecord.source },
  message,
})

function missingOf(entered: Entered): Finding {
  const { event } = entered.probe.onRecord
  return findingOf(entered, `expected a record of ${event === undefined ? 'it' : `\`${event}\``}, there is none`)
}

/** A report where no log is at hand. */
export const withoutRecords = (report: Report): Report =>
  report.entered.length === 0
    ? report
    : {
        ...report,
        untried: [...report.untried, { guard: 'audit', route: '', why: 'the log alone shows it: `--audit`' }],
      }
