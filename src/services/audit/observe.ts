/** Puts on record what was decided: awaited where the route says so, without waiting everywhere else. */

import type { Answer } from '../../core/answer.ts'
import type { AuditEntry, AuditOutcome } from '../../core/audit.ts'
import { type Denial, deny } from '../../core/denial.ts'
import type { Exchange } from '../../core/exchange.ts'
import type { Observer, Outcome, Unread } from '../../core/observer.ts'
import { anonymous } from '../../core/principal.ts'
import type { World } from '../services.ts'
import { type Ending, entryOf, intentOf, isAllowed, isSafe, outcomeOf } from './entry.ts'
import { type Repeated, Repeats } from './repeats.ts'
import { brief } from './value.ts'

/** An answer that waits for its record, or has it. */
interface Held {
  /** What the record says. */
  readonly denial: Denial | undefined
  waiting: boolean
  /** The client went away meanwhile. */
  ended: Outcome | undefined
}

const unavailable = deny('audit_unavailable', { headers: ['Retry-After', '1'] })

/** The status of what an app behind a mounted gate answers later. */
const notYet = 0

export interface AuditObserver extends Observer {
  /** Puts on record what was refused before it became a request; of that nothing but this is known. */
  unread(refused: Unread): void
  /** Writes the refusals that were only counted so far. */
  close(): void
}

/** Puts every exchange on record as its route says; nothing while no log is kept. */
export const auditObserver = (world: Pick<World, 'audit' | 'clock'>): AuditObserver => new Recorder(world)

class Recorder implements AuditObserver {
  readonly #world: Pick<World, 'audit' | 'clock'>
  readonly #repeats: Repeats
  readonly #held = new WeakMap<Exchange, Held>()

  constructor(world: Pick<World, 'audit' | 'clock'>) {
    this.#world = world
    this.#repeats = new Repeats(world.clock, (entry) => world.audit.append(entry))
  }

  answering(exchange: Exchange, answer: Answer): Promise<Denial | undefined> | undefined {
    if (exchange.audit?.required !== true) return undefined
    return this.#world.audit.isKept && mustWait(exchange) ? this.#hold(exchange, answer.status) : undefined
  }

  finished(exchange: Exchange, outcome: Outcome): void {
    if (!this.#world.audit.isKept) return
    const result = outcomeOf(exchange)
    if (!isKept(exchange, result)) return
    if (exchange.audit?.required === true) this.#finish(exchange, outcome)
    else if (isRepeatable(exchange, result)) this.#repeats.add(exchange, () => this.#describe(exchange, outcome))
    else this.#append(exchange, outcome)
  }

  unread(refused: Unread): void {
    if (this.#world.audit.isKept) this.#repeats.add(repeatedOf(refused), () => describeUnread(refused))
  }

  close(): void {
    this.#repeats.close()
  }

  /** Another denial may have taken the place of the one on record. */
  #finish(exchange: Exchange, outcome: Outcome): void {
    const held = this.#held.get(exchange)
    if (held?.waiting) held.ended = outcome
    else if (held === undefined || held.denial !== exchange.decision.denial) this.#append(exchange, outcome)
  }

  /** What an app answers later is on record as intended before it runs. */
  async #hold(exchange: Exchange, status: number): Promise<Denial | undefined> {
    if (status === notYet) return (await this.#commit(intentOf(exchange, this.#pseudonym))) ? undefined : unavailable
    const held: Held = { denial: exchange.decision.denial, waiting: true, ended: undefined }
    this.#held.set(exchange, held)
    const milliseconds = this.#world.clock.monotonic() - exchange.started
    try {
      if (await this.#commit(this.#describe(exchange, { status, milliseconds }))) return undefined
      if (held.ended) this.#append(exchange, held.ended)
      return unavailable
    } finally {
      held.waiting = false
    }
  }

  get #pseudonym() {
    return this.#world.audit.pseudonym
  }

  #commit(entry: AuditEntry): Promise<boolean> {
    return this.#world.audit.commit(entry)
  }

  #append(exchange: Exchange, ending: Ending): void {
    this.#world.audit.append(this.#describe(exchange, ending))
  }

  #describe(exchange: Exchange, ending: Ending): AuditEntry {
    return entryOf(exchange, ending, this.#pseudonym)
  }
}

/**
 * Whether an answer of a route whose record is required has none yet: the intent of what changes something stands there
 * already, and where the log has just failed it is not asked again. Nobody waits behind a client that is gone.
 */
function mustWait(exchange: Exchange): boolean {
  const { denial } = exchange.decision
  if (exchange.ctx.res.destroyed || denial?.code === 'audit_unavailable') return false
  if (exchange.method === 'OPTIONS') return denial !== undefined
  return isSafe(exchange.method) || !isAllowed(exchange)
}

/** What is put on record where the route says nothing: refusals, and what may change something. */
function isKept(exchange: Exchange, outcome: AuditOutcome): boolean {
  const { audit, decision, method } = exchange
  if (audit?.kept === false) return false
  if (outcome === 'denied') return true
  if (method === 'OPTIONS') return false
  return !isSafe(method) || decision.reported.length > 0 || (audit !== undefined && keepsReads(audit))
}

/** Whoever names what is read, wants to know who read it. */
const keepsReads = ({ action, required, resource, details }: NonNullable<Exchange['audit']>): boolean =>
  action !== undefined || required || resource !== undefined || details.length > 0

/** Refusals, and what is on record only because a report-only guard would have refused it. */
function isRepeatable({ audit, event, method }: Exchange, outcome: AuditOutcome): boolean {
  if (event?.name === 'auth.reused') return false
  if (outcome === 'denied' || event?.name === 'auth.failed') return true
  return isSafe(method) && !(audit && keepsReads(audit))
}

const describeUnread = ({ requestId, address, denial, cause }: Unread): AuditEntry => ({
  event: 'access.denied',
  outcome: 'denied',
  address: address || undefined,
  reason: denial.code,
  cause: cause && brief(cause),
  requestId,
  status: denial.status,
})

const repeatedOf = ({ address, denial }: Unread): Repeated => ({
  address,
  principal: anonymous,
  method: '',
  route: undefined,
  decision: { denial, judge: undefined, reported: [] },
})
