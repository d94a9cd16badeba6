/** What one exchange puts on record: who did what to which resource, from where, with which result, by which policy. */

import type { AuditEntry, AuditOutcome, AuditPlan, AuditValue } from '../../core/audit.ts'
import type { Verdict } from '../../core/decision.ts'
import { catalogue, type Denial } from '../../core/denial.ts'
import type { Exchange } from '../../core/exchange.ts'
import type { Outcome } from '../../core/observer.ts'
import type { Source } from '../../core/site.ts'
import { maskSecrets } from '../secrets/mask.ts'
import type { AuditEvent } from './events.ts'
import type { Pseudonym } from './pseudonym.ts'
import { brief, few, recordable } from './value.ts'

/** How an exchange ended, as far as it is known yet. */
export type Ending = Partial<Outcome>

/** An allowed request, before its destination is called. */
export const intentOf = (exchange: Exchange, pseudonym: Pseudonym): AuditEntry =>
  describe(exchange, { event: actionOf(exchange), outcome: 'intended' }, { pseudonym, ending: {} })

/** A request that is answered, or about to be. */
export const entryOf = (exchange: Exchange, ending: Ending, pseudonym: Pseudonym): AuditEntry =>
  describe(exchange, resultOf(exchange), { pseudonym, ending })

/** Whether every guard has allowed the request. */
export const isAllowed = ({ decision, route }: Exchange): boolean =>
  route !== undefined && decision.passed === decision.judges.length && decision.judge === undefined

/** Methods that change nothing (RFC 9110 §9.2.1). */
export const isSafe = (method: string): boolean => method === 'GET' || method === 'HEAD' || method === 'OPTIONS'

/** What the guards and the destination came to. */
export function outcomeOf(exchange: Exchange): AuditOutcome {
  const { decision } = exchange
  if (decision.denial === undefined) return isAllowed(exchange) ? 'allowed' : 'failed'
  return decision.denial.status >= 500 && isAllowed(exchange) ? 'failed' : 'denied'
}

interface Result {
  readonly event: string
  readonly outcome: AuditOutcome
}

function resultOf(exchange: Exchange): Result {
  const outcome = outcomeOf(exchange)
  if (exchange.event !== undefined && (outcome !== 'failed' || exchange.event.name === 'auth.failed'))
    return { event: exchange.event.name, outcome }
  return { event: outcome === 'denied' ? refusalOf(exchange) : actionOf(exchange), outcome }
}

const refusalOf = ({ decision }: Exchange): AuditEvent =>
  decision.judge?.guard === 'authenticate' ? 'auth.failed' : 'access.denied'

const actionOf = ({ audit, method }: Exchange): string => audit?.action ?? eventOf(method)

function eventOf(method: string): AuditEvent {
  if (isSafe(method)) return 'data.read'
  if (method === 'POST') return 'data.create'
  return method === 'DELETE' ? 'data.delete' : 'data.update'
}

interface Rest {
  readonly ending: Ending
  readonly pseudonym: Pseudonym
}

/** Members stand in the order of the record; those without a value are not written. */
function describe(exchange: Exchange, { event, outcome }: Result, { ending, pseudonym }: Rest): AuditEntry {
  const { audit, decision, route } = exchange
  const { denial, judge } = decision
  const mask = maskOf(audit, pseudonym)
  return {
    event,
    outcome,
    action: audit?.action,
    resource: audit?.resource && recordable(read(audit.resource, exchange), mask('resource')),
    principal: principalOf(exchange, mask('user.id')),
    apiKey: exchange.apiKey,
    address: mask('ip')(exchange.address),
    method: brief(exchange.method),
    route: route && `${route.method} ${route.path}`,
    path: route ? undefined : brief(exchange.path),
    service: route?.service,
    guard: judge?.guard,
    reason: denial?.code,
    cause: denial && causeOf(denial, isAllowed(exchange)),
    policy: exchange.policy,
    source: quote(judge?.source ?? audit?.source ?? route?.source),
    reported: reportedOf(decision.reported),
    withheld: decision.withheld && { ...decision.withheld },
    requestId: exchange.requestId,
    status: ending.status,
    milliseconds: ending.milliseconds === undefined ? undefined : Math.round(ending.milliseconds * 10) / 10,
    aborted: ending.aborted || undefined,
    count: undefined,
    since: undefined,
    details: exchange.event?.details ?? (audit && detailsOf(audit, exchange, mask)),
  }
}

type Mask = (member: string) => (text: string) => string
const plain: Mask = () => brief

/** How the text of a member is written: as it is, or as its pseudonym. */
function maskOf(audit: AuditPlan | undefined, pseudonym: Pseudonym): Mask {
  if (audit === undefined || audit.pseudonyms.size === 0) return plain
  return (member) => (audit.pseudonyms.has(member) ? (text) => pseudonym(member, text) : brief)
}

/** The issuer is hashed with the id: the same name of another issuer is somebody else. */
function principalOf({ principal: { id, issuer } }: Exchange, write: (text: string) => string) {
  if (id === '' && issuer === '') return undefined
  return { issuer: brief(issuer), id: write === brief ? brief(id) : write(`${issuer}\0${id}`) }
}

/**
 * What is known beyond the code; never sent to the client, except for a message of our own. One of the destination's is left
 * out: what an app tells its client may quote what that sent.
 */
function causeOf({ code, cause, message }: Denial, isOfDestination: boolean): string | undefined {
  if (cause !== undefined) return brief(maskSecrets(cause))
  return isOfDestination || message === catalogue[code].message ? undefined : brief(maskSecrets(message))
}

function detailsOf({ details }: AuditPlan, exchange: Exchange, mask: Mask): AuditValue | undefined {
  if (details.length === 0) return undefined
  const values = details.flatMap((detail) => {
    const value = recordable(
      read((from) => detail.read(from), exchange),
      mask(`details.${detail.name}`),
    )
    return value === undefined ? [] : [[detail.name, value] as const]
  })
  return values.length === 0 ? undefined : Object.fromEntries(values)
}

/** What a loader found may throw when it is looked at; the record is written all the same. */
function read(reader: (exchange: Exchange) => unknown, exchange: Exchange): unknown {
  try {
    return reader(exchange)
  } catch {
    return undefined
  }
}

const quote = (source: Source | undefined): string | undefined => source && `${source.file}:${source.line}`

const reportedOf = (reported: readonly Verdict[]): AuditValue | undefined =>
  reported.length === 0
    ? undefined
    : few(reported).map(({ judge, denial }) => ({
        guard: judge.guard,
        reason: denial.code,
        source: quote(judge.source),
      }))
