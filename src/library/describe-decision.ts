/** A finished exchange, as the listeners of a gate are told of it. */

import type { Verdict } from '../core/decision.ts'
import type { Exchange } from '../core/exchange.ts'
import type { Outcome } from '../core/observer.ts'
import { anonymous } from '../core/principal.ts'
import type { Source } from '../core/site.ts'
import type { DecisionEvent } from './events.ts'

export function describeDecision(exchange: Exchange, outcome: Outcome): DecisionEvent {
  const { decision, method, route, requestId, address, principal } = exchange
  const source = decision.judge?.source ?? route?.source
  return {
    requestId,
    method,
    route: route && `${route.method} ${route.path}`,
    status: outcome.status,
    code: decision.denial?.code,
    guard: decision.judge?.guard,
    policy: source && quote(source),
    digest: exchange.policy,
    reported: decision.reported.map(quoteVerdict),
    withheld: decision.withheld && { ...decision.withheld },
    principal: principal === anonymous ? undefined : { id: principal.id, issuer: principal.issuer },
    address,
    milliseconds: outcome.milliseconds,
    aborted: outcome.aborted,
  }
}

const quote = ({ file, line }: Source): string => `${file}:${line}`

const quoteVerdict = ({ judge, denial }: Verdict) => ({
  guard: judge.guard,
  policy: quote(judge.source),
  code: denial.code,
})
