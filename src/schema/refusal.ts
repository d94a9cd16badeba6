/** A node that no value fits: what `false` compiles to. */

import type { Node } from './node.ts'

/** Reports the same rule and message for every value. */
export const refusal = (rule: string, message: string, allowed?: readonly string[]): Node => ({
  accepts: () => false,
  walk: (value, trail) => {
    trail.report(rule, message, allowed)
    return value
  },
})
