/** What can be wrong with limits beyond their shape. */

import type { Fault, Rules } from '../../core/diagnostic.ts'
import { ExpressionFault, hasExpression, hasReference, parseExpression } from '../../core/expression.ts'
import type { Site } from '../../core/site.ts'
import { checkBy } from '../../services/counters/by.ts'
import { boundsOf, nameOf, type WrittenLimit, type WrittenLimits } from './limit-schema.ts'

export const limitRules: Rules = {
  'rateLimit/unknown-key': {
    severity: 'error',
    cause: 'A plain text would be one key for everyone.',
    hint: 'count by `ip`, `user`, `all`, or an expression such as `${body.email}`',
  },
  'rateLimit/plan-without-expression': {
    severity: 'error',
    cause: 'A plain text would choose the same plan for everyone.',
    hint: 'write an expression such as `${user.claims.plan}`',
  },
  'rateLimit/late-expression': {
    severity: 'error',
    cause: 'The resource is loaded after the last limit was taken.',
    hint: 'count by `user`, `params`, `query`, `headers` or `body`',
  },
  'rateLimit/name-needed': {
    severity: 'error',
    cause:
      'A limit goes by its name in response headers, which hold at most 64 printable ASCII characters without quotes.',
    hint: 'give the limit a `name`',
  },
  'rateLimit/burst-of-window': {
    severity: 'error',
    cause: 'A sliding window has no burst: it never allows more than `limit`, at once or not.',
    hint: 'drop `burst`, or use `algorithm: token-bucket`',
  },
  'rateLimit/cost-above-burst': {
    severity: 'error',
    cause: 'A request that costs more units than can be had at once is never allowed.',
    hint: 'raise the limit (or its `burst`), or lower the `cost` of the route',
  },
}

/** Values that are still to be filled in are not judged. */
export function checkLimits(block: WrittenLimits, { route }: Site): readonly Fault[] {
  if (hasReference(block)) return []
  return block.flatMap((limit, index) => {
    if (hasReference(limit)) return []
    const faults = [...checkKey(limit), ...checkPlan(limit), ...checkName(limit), ...checkNumbers(limit, route.cost)]
    return faults.map((fault) => ({ ...fault, path: [index, ...fault.path] }))
  })
}

function checkKey({ by }: WrittenLimit): readonly Fault[] {
  const parts =
    typeof by === 'string' ? [{ text: by, path: ['by'] }] : by.map((text, index) => ({ text, path: ['by', index] }))
  const late = parts.flatMap(({ text, path }) =>
    hasExpression(text) && !hasReference(text) ? checkStage(text, path) : [],
  )
  return [...checkBy(by, 'rateLimit/unknown-key'), ...late]
}

function checkPlan({ limit }: WrittenLimit): readonly Fault[] {
  if (typeof limit !== 'object' || hasReference(limit.on)) return []
  const path = ['limit', 'on']
  if (hasExpression(limit.on)) return checkStage(limit.on, path)
  const message = `expected an expression, not \`${limit.on}\``
  return [{ rule: 'rateLimit/plan-without-expression', path, message }]
}

/** An expression that cannot be read is told once for all blocks, by the policy's own rule. */
function checkStage(text: string, path: Fault['path']): readonly Fault[] {
  const expression = parseExpression(text)
  if (expression instanceof ExpressionFault || expression.stage !== 'resource') return []
  return [{ rule: 'rateLimit/late-expression', path, message: `\`${text}\` is not known when requests are counted` }]
}

function checkName(limit: WrittenLimit): readonly Fault[] {
  const name = nameOf(limit)
  if (hasReference(name) || /^[\x20\x21\x23-\x5b\x5d-\x7e]{1,64}$/.test(name)) return []
  return [{ rule: 'rateLimit/name-needed', path: ['by'], message: `\`${name}\` cannot be the name of a limit` }]
}

function checkNumbers(written: WrittenLimit, cost: number): readonly Fault[] {
  const { burst, algorithm } = written
  if (burst !== undefined && algorithm === 'sliding-window') {
    return [
      { rule: 'rateLimit/burst-of-window', path: ['burst'], message: 'a sliding window has no `burst`', onKey: true },
    ]
  }
  const sizes = burst === undefined ? boundsOf(written) : [{ path: ['burst'], limit: burst }]
  return sizes.flatMap(({ path, limit }) => {
    if (typeof limit !== 'number' || limit >= cost) return []
    return [
      {
        rule: 'rateLimit/cost-above-burst',
        path,
        message: `expected at least the route's cost of ${cost}, not ${limit}`,
      },
    ]
  })
}
