/** Exactly one destination a route. */

import { handlers } from '../../handlers/index.ts'
import { defineRule } from './rule.ts'

const names = handlers.map(({ name }) => `\`${name}\``).join(', ')

export const destination = defineRule({
  rules: {
    'routes/no-destination': {
      severity: 'error',
      cause: 'An allowed request would reach nothing.',
      hint: `add one of ${names}`,
    },
    'routes/several-destinations': {
      severity: 'error',
      cause: 'An allowed request can reach one destination only.',
      hint: 'keep one of them',
    },
  },
  check: ({ routes }) =>
    routes.flatMap(({ key, at, destinations, broken }) => {
      if (destinations.length === 1 || handlers.some(({ name }) => broken.has(name))) return []
      const written = destinations.map(({ handler }) => `\`${handler.name}\``).join(' and ')
      const none = destinations.length === 0
      return [
        {
          rule: none ? 'routes/no-destination' : 'routes/several-destinations',
          at,
          onKey: true,
          message: none ? `\`${key}\` has no destination` : `expected one destination, got ${written}`,
        },
      ]
    }),
})
