/** Two routes that answer the same requests: nobody could say which one holds. */

import type { Finding } from '../findings.ts'
import type { Policy, Route } from '../policy.ts'
import { defineRule } from './rule.ts'

export const routesUnique = defineRule({
  rules: {
    'routes/duplicate': {
      severity: 'error',
      cause: 'A method and path stand twice; only one of the two could be reached.',
      hint: 'keep one of the two, or narrow them with `host`',
    },
    'routes/overlap': {
      severity: 'error',
      cause: 'Two paths that differ only in the names of their parameters answer the same requests.',
      hint: 'give both the same parameter names and merge them, or change one path',
    },
  },
  check: findTwins,
})

function findTwins({ routes }: Policy): readonly Finding[] {
  const byShape = new Map<string, Route[]>()
  return routes.flatMap((route) => {
    const shape = `${route.method} ${shapeOf(route.path)}`
    const earlier = byShape.get(shape) ?? []
    const twin = earlier.find((other) => shareHost(other.hosts, route.hosts))
    earlier.push(route)
    byShape.set(shape, earlier)
    return twin === undefined ? [] : [describe(route, twin)]
  })
}

const shapeOf = (path: string): string => path.replace(/(?<=\/)[:*][^/]*/g, (segment) => segment.charAt(0))

/** Routes with no host of their own meet only one another; an exact name beats a wildcard, so those do not clash. */
const shareHost = (a: readonly string[], b: readonly string[]): boolean =>
  (a.length === 0 && b.length === 0) || a.some((host) => b.includes(host))

function describe(route: Route, twin: Route): Finding {
  const same = route.path === twin.path
  return {
    rule: same ? 'routes/duplicate' : 'routes/overlap',
    at: route.at,
    onKey: true,
    message: same
      ? `\`${route.method} ${route.path}\` exists twice`
      : `\`${route.method} ${route.path}\` answers the same requests as \`${twin.path}\``,
    related: [{ at: twin.at, message: `\`${twin.method} ${twin.path}\` stands here first`, onKey: true }],
  }
}
