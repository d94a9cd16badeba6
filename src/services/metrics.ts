/** What this server counts about itself: requests, durations and decisions, by route. */

import type { Withheld } from '../core/decision.ts'
import type { Exchange } from '../core/exchange.ts'
import type { Observer, Outcome } from '../core/observer.ts'
import type { RouteFacts } from '../core/site.ts'
import type { AccountTally } from './metrics/account-tally.ts'
import { Counter } from './metrics/counter.ts'
import type { Exposition } from './metrics/exposition.ts'
import { Peak } from './metrics/peak.ts'
import { RouteTally } from './metrics/route-tally.ts'
import { SlotTally } from './metrics/slot-tally.ts'
import { StoreTally } from './metrics/store-tally.ts'

export class Metrics {
  inFlight = 0
  /** Requests that were refused because the server had enough to do. */
  readonly shed = new Counter([{ reason: 'connections' }, { reason: 'requests' }, { reason: 'eventLoopDelay' }])
  /** How long turns of the event loop took that brought requests, in milliseconds. */
  readonly eventLoopDelay = new Peak()
  /** The policy in force, and when it was loaded, in milliseconds since the Unix epoch. */
  policy: { readonly digest: string; readonly loaded: number } | undefined
  readonly policyReloads = new Counter([{ result: 'success' }, { result: 'unchanged' }, { result: 'failure' }])
  /** What guards left out of answers, or under `reportOnly` would have. */
  readonly withheld = new Counter<'route' | 'service' | 'mode' | 'part'>()
  readonly store = new StoreTally()
  /** Takes of limits that the shared store did not answer. */
  readonly limitFallbacks = new Counter<'limit' | 'mode'>()
  /** Entries that the audit log kept, and those that it could not keep. */
  auditRecords = 0
  auditLost = 0
  readonly auditHeads = new Counter<'publisher' | 'result'>()
  readonly auditDropped = new Counter<'copy'>()
  /** When the certificates of this server expire, by name, in milliseconds since the Unix epoch. */
  certificates: ReadonlyMap<string, number> = new Map()
  /** Clients that came for TLS, and did not get through to it. */
  handshakeFailures = 0
  /** Revocations that this process knows, those of them that are not yet known to be in Redis, and those that found no room. */
  readonly revocations = { held: 0, pending: 0, refused: 0 }
  /** None before accounts are opened. */
  accounts: AccountTally | undefined
  readonly #slots = new Map<string, SlotTally>()
  readonly #tallies = new Map<string, RouteTally>()
  readonly #unmatched = this.#tally('none', 'none')
  readonly #byFacts = new WeakMap<RouteFacts, RouteTally>()
  #exposition: Promise<Exposition> | undefined

  /** One a route; `none` for what no route was met by. */
  get tallies(): Iterable<RouteTally> {
    return this.#tallies.values()
  }

  /** One for each limit of concurrency that there is or was. */
  get slots(): Iterable<SlotTally> {
    return this.#slots.values()
  }

  slotTally(limit: string): SlotTally {
    const tally = this.#slots.get(limit) ?? new SlotTally(limit)
    this.#slots.set(limit, tally)
    return tally
  }

  begin(): void {
    this.inFlight++
  }

  end(exchange: Exchange, outcome: Outcome): void {
    this.inFlight--
    const tally = this.#tallyOf(exchange.route)
    tally.count(exchange, outcome)
    const { withheld } = exchange.decision
    if (withheld !== undefined) this.#countWithheld(tally, withheld)
  }

  #countWithheld({ route, service }: RouteTally, { fields, items, reportOnly }: Withheld): void {
    const mode = reportOnly ? 'reportOnly' : 'enforced'
    this.withheld.add({ route, service, mode, part: 'field' }, fields)
    this.withheld.add({ route, service, mode, part: 'item' }, items)
  }

  /** Everything in the text format of Prometheus; its library is loaded by the first who asks. */
  async expose(): Promise<{ readonly contentType: string; readonly text: string }> {
    this.#exposition ??= import('./metrics/exposition.ts').then(({ Exposition }) => new Exposition(this))
    return (await this.#exposition).write()
  }

  #tallyOf(facts: RouteFacts | undefined): RouteTally {
    if (facts === undefined) return this.#unmatched
    const known = this.#byFacts.get(facts)
    if (known !== undefined) return known
    const tally = this.#tally(`${facts.method} ${facts.path}`, facts.service)
    this.#byFacts.set(facts, tally)
    return tally
  }

  /** By name, so that a route that is there again after a reload goes on counting. */
  #tally(route: string, service: string): RouteTally {
    const key = `${service} ${route}`
    const tally = this.#tallies.get(key) ?? new RouteTally(route, service)
    this.#tallies.set(key, tally)
    return tally
  }
}

/** Counts every exchange. */
export const metricsObserver = (metrics: Metrics): Observer => ({
  started: () => metrics.begin(),
  finished: (exchange, outcome) => metrics.end(exchange, outcome),
})
