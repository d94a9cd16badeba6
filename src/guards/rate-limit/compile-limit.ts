/** One limit of a route, ready for requests: its key, and its numbers by plan. */

import { readDuration } from '../../core/duration.ts'
import type { Exchange } from '../../core/exchange.ts'
import {
  type Expression,
  ExpressionFault,
  latest,
  parseExpression,
  type Stage,
  type Value,
} from '../../core/expression.ts'
import type { Site } from '../../core/site.ts'
import { compileKey } from '../../services/counters/client-key.ts'
import type { Limit } from '../../services/counters/counters.ts'
import { identityOf, nameOf, type WrittenLimit } from './limit-schema.ts'

/** A limit with the name that clients see. */
export interface NamedLimit extends Limit {
  readonly name: string
}

export interface RouteLimit {
  /** When both its key and its plan are known. */
  readonly stage: Stage
  readonly site: Site
  key(exchange: Exchange): string
  /** The numbers that hold for this request; those of one plan are always the same object. */
  numbers(exchange: Exchange): NamedLimit
}

export function compileLimit(written: WrittenLimit, site: Site): RouteLimit {
  const key = compileKey(written.by)
  if (typeof written.limit === 'number') {
    const only = numbersOf(written, site, written.limit)
    return { stage: key.stage, site, key: key.read, numbers: () => only }
  }
  const plan = planOf(written.limit.on)
  const plans = new Map<string | undefined, NamedLimit>(
    Object.entries(written.limit.is).map(([name, limit]) => [name, numbersOf(written, site, limit)]),
  )
  const other = numbersOf(written, site, written.limit.else)
  return {
    stage: latest([key.stage, plan.stage]),
    site,
    key: key.read,
    numbers: (exchange) => plans.get(planName(plan.read(exchange))) ?? other,
  }
}

function numbersOf(written: WrittenLimit, { owner }: Site, limit: number): NamedLimit {
  const { burst = limit, algorithm = 'token-bucket', onStoreFailure = 'local' } = written
  const [id, name, period] = [identityOf(written, owner), nameOf(written), readDuration(written.per)]
  return Object.freeze({ id, name, algorithm, limit, period, burst, onStoreFailure })
}

/** No value and a list of values name no plan. */
const planName = (value: Value): string | undefined =>
  value === undefined || typeof value === 'object' ? undefined : `${value}`

function planOf(text: string): Expression {
  const expression = parseExpression(text)
  if (expression instanceof ExpressionFault) throw new TypeError(`${text}: ${expression.message}`)
  return expression
}
