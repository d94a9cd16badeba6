/** One line an exchange: refusals and failures where they are seen, the rest for those who ask; no query, no credential. */

import type { Judge, Verdict } from '../core/decision.ts'
import type { Exchange } from '../core/exchange.ts'
import type { Observer, Outcome } from '../core/observer.ts'
import type { LevelLog } from '../services/log.ts'

/** Logs failures at `warn`, refusals and what report-only guards would refuse at `info`, all else at `debug`. */
export const accessLog = (log: LevelLog): Observer => ({
  finished(exchange, outcome) {
    const level = levelOf(exchange, outcome)
    if (log.isLevelEnabled(level)) log[level](describe(exchange, outcome), summarise(exchange, outcome))
  },
})

/** What a client asked for in vain is no failure of ours. */
const notOffered = 501

/** What is refused for overload is told once for all: a line each would be a part of the load. */
const isShed = ({ denial, judge }: Exchange['decision']): boolean =>
  denial?.code === 'overloaded' && judge === undefined

function levelOf({ decision }: Exchange, { status }: Outcome): 'warn' | 'info' | 'debug' {
  if (isShed(decision)) return 'debug'
  if (status >= 500 && status !== notOffered) return 'warn'
  const isReported = decision.reported.length > 0 || decision.withheld?.reportOnly === true
  return decision.denial !== undefined || isReported ? 'info' : 'debug'
}

function describe(exchange: Exchange, { status, milliseconds, aborted }: Outcome) {
  const { decision, requestId, address, method, route } = exchange
  return {
    requestId,
    address,
    method,
    ...(route ? { route: `${route.method} ${route.path}` } : { path: exchange.path.slice(0, 256) }),
    status,
    milliseconds: Math.round(milliseconds * 10) / 10,
    digest: exchange.policy,
    ...(aborted && { aborted }),
    ...(decision.denial && { code: decision.denial.code, cause: decision.denial.cause ?? decision.denial.message }),
    ...(decision.judge && quote(decision.judge)),
    ...(decision.reported.length > 0 && { reported: decision.reported.map(quoteVerdict) }),
    ...(decision.withheld && { withheld: decision.withheld }),
  }
}

const quote = ({ guard, source }: Judge) => ({ guard, policy: `${source.file}:${source.line}` })
const quoteVerdict = ({ judge, denial }: Verdict) => ({ ...quote(judge), code: denial.code })

function summarise({ decision, method, route, path }: Exchange, { status, aborted }: Outcome): string {
  const what = `${method} ${route?.path ?? path.slice(0, 256)}`
  if (aborted) return `${what} → aborted`
  return decision.denial ? `${what} → ${status} ${decision.denial.code}` : `${what} → ${status}`
}
