/** A route that changes something for everyone, as often as they like. */

import { isPublic } from '../who.ts'
import { defineRule } from './rule.ts'

const safe = new Set(['GET', 'HEAD'])

export const publicUnlimited = defineRule({
  rules: {
    'rateLimit/missing': {
      severity: 'warning',
      cause: 'An unsafe route that is open to everyone has no rate limit.',
      hint: 'add `rateLimit: [{ by: ip, limit: 60, per: 1m }]`',
    },
  },
  check: ({ routes }) =>
    routes
      .filter(
        (route) =>
          isPublic(route) &&
          !safe.has(route.method) &&
          !route.blocks.has('rateLimit') &&
          !route.broken.has('rateLimit'),
      )
      .map(({ key, at }) => ({
        rule: 'rateLimit/missing',
        at,
        onKey: true,
        message: `\`${key}\` is public and has no rate limit`,
      })),
})
