/** Repeated refusals of one caller on one route: the first is written at once, those after it become one record a second. */

import { addressBlock } from '../../core/address.ts'
import type { AuditEntry } from '../../core/audit.ts'
import type { Exchange } from '../../core/exchange.ts'
import type { Clock } from '../clock.ts'
import { brief } from './value.ts'

/** Callers and refusals that are told apart; beyond them refusals still are, but no callers. */
const maxWindows = 10_000
/** No address. */
const others = '*\0'
const second = 1_000

interface Counted {
  /** Of the first that was counted; the record shows it for all of them. */
  readonly entry: AuditEntry
  readonly since: number
  count: number
}

interface Window {
  opened: number
  counted: Counted | undefined
}

type Write = (entry: AuditEntry) => void

/** What tells one refusal from another. */
export interface Repeated extends Pick<Exchange, 'address' | 'principal' | 'method' | 'route'> {
  readonly decision: Pick<Exchange['decision'], 'denial' | 'judge' | 'reported'>
}

export class Repeats {
  readonly #clock: Clock
  readonly #write: Write
  readonly #windows = new Map<string, Window>()
  #timer: NodeJS.Timeout | undefined

  constructor(clock: Clock, write: Write) {
    this.#clock = clock
    this.#write = write
  }

  /** Writes the entry, or counts it; `describe` is asked for one that is needed. */
  add(refused: Repeated, describe: () => AuditEntry): void {
    const key = this.#keyFor(refused)
    const window = this.#windows.get(key)
    if (window !== undefined && (window.counted !== undefined || !this.#isOver(window))) {
      this.#count(key, window, describe)
    } else {
      this.#open(key)
      this.#write(describe())
    }
  }

  /** Writes what was counted in each second that is over. */
  sweep(): void {
    for (const [key, window] of this.#windows) {
      if (!this.#isOver(window)) continue
      if (window.counted === undefined) this.#windows.delete(key)
      else this.#flush(window)
    }
    this.#arm()
  }

  /** Writes all that was counted. */
  close(): void {
    for (const window of this.#windows.values()) this.#flush(window)
    this.#windows.clear()
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #keyFor(refused: Repeated): string {
    const refusal = refusalOf(refused)
    const key = `${callerOf(refused)}\0${refusal}`
    return this.#windows.size < maxWindows || this.#windows.has(key) ? key : others + refusal
  }

  #open(key: string): void {
    this.#windows.set(key, { opened: this.#clock.monotonic(), counted: undefined })
    if (this.#timer === undefined) this.#arm()
  }

  #count(key: string, window: Window, describe: () => AuditEntry): void {
    if (window.counted === undefined) {
      const entry = key.startsWith(others) ? withoutCaller(describe()) : describe()
      window.counted = { entry, since: this.#clock.now(), count: 0 }
    }
    window.counted.count++
    if (this.#isOver(window)) this.#flush(window)
  }

  #flush(window: Window): void {
    window.opened = this.#clock.monotonic()
    if (window.counted === undefined) return
    const { entry, count, since } = window.counted
    window.counted = undefined
    this.#write({ ...entry, count, since: new Date(since).toISOString() })
  }

  #isOver({ opened }: Window): boolean {
    return this.#clock.monotonic() - opened >= second
  }

  /** One timer for all, none where nothing is remembered; it keeps no process alive. */
  #arm(): void {
    clearTimeout(this.#timer)
    this.#timer = this.#windows.size === 0 ? undefined : setTimeout(() => this.sweep(), second).unref()
  }
}

/** An address, or the network of an IPv6 one, as limits count them; and the user, since one address may stand for many. */
function callerOf({ address, principal: { issuer, id } }: Repeated): string {
  return [addressBlock(address), issuer, brief(id)].join('\0')
}

/** What was refused, and by what; only policies can make these many: no caller chooses a name. */
function refusalOf({ decision, method, route }: Repeated): string {
  const { denial, judge, reported } = decision
  const verdicts = denial ? [`enforced ${judge?.guard} ${denial.code}`] : reported.map(describeReported)
  return [method, route?.service, route?.path, ...verdicts].join('\0')
}

const describeReported = ({ judge, denial }: Exchange['decision']['reported'][number]): string =>
  `reportOnly ${judge.guard} ${denial.code}`

/** Those beyond the bound come from many: what is told of the first is not told of the others. */
const withoutCaller = (entry: AuditEntry): AuditEntry => ({
  ...entry,
  principal: undefined,
  address: undefined,
  requestId: undefined,
})
