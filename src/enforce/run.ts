/** The one runner: a request goes through its stack front to back, once, and then to its destination. */

import { type Answer, discard } from '../core/answer.ts'
import { Denial, deny } from '../core/denial.ts'
import type { Exchange } from '../core/exchange.ts'
import { type Late, within } from '../core/within.ts'
import type { Destination } from '../handlers/handler.ts'
import type { Stack, Stage } from '../policy/stack.ts'

/** What a request comes to. */
export type Result = Answer | Denial

const late = { denial: deny('upstream_timeout'), drop }
const clientGone = deny('request_malformed', { cause: 'the client went away before the destination was called' })

/** Runs a stack; synchronous as long as its steps are. A throw is a bug, except for a denial that the destination throws. */
export function run(exchange: Exchange, stack: Stack): Result | Promise<Result> {
  exchange.decision.judges = stack.judges
  return judge(exchange, stack, 0)
}

/** Asks the steps from `first` on; the first that refuses, answers, and after the last comes the destination. */
function judge(exchange: Exchange, stack: Stack, first: number): Result | Promise<Result> {
  exchange.decision.passed = first
  const stage = stack.stages[first]
  if (stage === undefined) return reach(exchange, stack.destination)
  const verdict = stage.step.decide(exchange)
  if (verdict === undefined) return judge(exchange, stack, first + 1)
  if (verdict instanceof Denial) return record(exchange, stage, verdict) ?? judge(exchange, stack, first + 1)
  return verdict.then((settled) => record(exchange, stage, settled) ?? judge(exchange, stack, first + 1))
}

/** Writes a refusal into the decision; a report-only one ends there. */
function record({ decision }: Exchange, { step, reportOnly }: Stage, denial: Denial | undefined): Denial | undefined {
  if (denial === undefined) return undefined
  if (reportOnly) {
    decision.reported.push({ judge: step, denial })
    return undefined
  }
  decision.judge = step
  return denial
}

/** A client that is gone has given back what its steps took: nothing may be done on its account any more. */
function reach(exchange: Exchange, destination: Destination): Result | Promise<Result> {
  if (exchange.ctx.res.destroyed) return clientGone
  const result = destination(exchange)
  return result instanceof Promise
    ? within(exchange.timeout.head, result, lateOf(exchange)).then(demand)
    : demand(result)
}

/** Handlers are written by many hands. */
function demand(result: Result | undefined): Result {
  if (result === undefined) throw new TypeError('the destination gave no answer')
  return result
}

/** A destination that waits for a body has waited enough where it grows too large. */
function lateOf({ body }: Exchange): Late<Result> {
  if (!body.present) return late
  return { ...late, arm: (end) => body.onTooLarge(end) }
}

/** Nobody will read an answer that comes too late. */
function drop(result: Result): void {
  if (!(result instanceof Denial)) discard(result)
}
