/** `portcullis users import`: accounts with the bcrypt hashes of another system, all judged before the first is written. */

import type { Call } from '../command.ts'
import type { Desk } from '../desk.ts'
import { printable } from '../printable.ts'
import { refuse } from '../say.ts'
import { type Fit, type Judgement, judgeAll, readFit } from './import/judge-all.ts'
import { type Lines, openLines } from './import/lines.ts'

/** Accounts of one transaction. */
const batch = 500

export async function importUsers(desk: Desk, file: string, flags: Call['flags']): Promise<number> {
  const lines = await openLines(file)
  const tell = (line: number, fault: string): void =>
    void process.stderr.write(`${file === '-' ? 'stdin' : printable(file)}:${line}: ${fault}\n`)
  const skipsExisting = flags['skip-existing'] === true
  try {
    const judged = await judgeAll({ lines, imports: desk.store.imports, skipsExisting, tell })
    if (judged.faults > 0) return refuse(`${count(judged.faults, 'fault')}: nothing was imported`)
    if (flags['dry-run'] === true) return report(`${count(judged.fit, 'account')} can be imported`, judged)
    return await new Writing(desk, { lines, judged, skipsExisting, tell }).run()
  } finally {
    await lines.close()
  }
}

interface Order {
  readonly lines: Lines
  readonly judged: Judgement
  readonly skipsExisting: boolean
  tell(line: number, fault: string): void
}

class Writing {
  readonly #desk: Desk
  readonly #order: Order
  #made = 0

  constructor(desk: Desk, order: Order) {
    this.#desk = desk
    this.#order = order
  }

  /** Batch by batch; what ends it half-way leaves whole batches, and says how many accounts that are. */
  async run(): Promise<number> {
    try {
      const isDone = await this.#writeAll()
      if (isDone)
        return report(
          `${count(this.#made, 'account')} ${this.#made === 1 ? 'was' : 'were'} imported`,
          this.#order.judged,
        )
      return refuse(this.#partly)
    } catch (error) {
      process.stderr.write(`portcullis: ${this.#partly}\n`)
      throw error
    }
  }

  get #partly(): string {
    const { fit } = this.#order.judged
    return `${this.#made} of ${count(fit, 'account')} were imported for certain; go on with \`--skip-existing\``
  }

  async #writeAll(): Promise<boolean> {
    let waiting: readonly Fit[] = []
    for await (const some of this.#order.lines.read()) {
      const read = some.flatMap((line) => readFit(line, this.#desk.store.imports, this.#order.tell))
      // Somebody has written into the file meanwhile.
      if (read.length < some.length) return false
      waiting = [...waiting, ...read]
      for (; waiting.length >= batch; waiting = waiting.slice(batch))
        if (!(await this.#write(waiting.slice(0, batch)))) return false
    }
    return waiting.length === 0 || this.#write(waiting)
  }

  async #write(all: readonly Fit[]): Promise<boolean> {
    const { store, operator } = this.#desk
    const { skipsExisting, judged, tell } = this.#order
    const taken = skipsExisting ? await store.imports.taken(all.map(({ indexes }) => indexes)) : new Set<string>()
    const fresh = all.filter(({ indexes }) => !taken.has(indexes.username))
    const [first] = fresh
    if (first === undefined) return true
    const details = { accounts: fresh.length, from: first.line, to: fresh.at(-1)?.line, sha256: judged.sha256 }
    const act = { event: 'account.imported', operator, details } as const
    const inTheWay = await store.imports.insert(
      fresh.map(({ account }) => account),
      act,
    )
    for (const at of inTheWay)
      tell(fresh[at]?.line ?? 0, `\`${printable(fresh[at]?.account.username ?? '')}\` is taken by now`)
    if (inTheWay.length > 0) return false
    this.#made += fresh.length
    return true
  }
}

function report(what: string, { known }: Judgement): number {
  process.stdout.write(`${what}${known === 0 ? '' : `; ${count(known, 'account')} there already`}\n`)
  return 0
}

const count = (number: number, thing: string): string => `${number} ${thing}${number === 1 ? '' : 's'}`
