/** Routes that browsers change something on by a cookie: other sites must not, and pages that are let in must be able to. */

import { hasReference } from '../../core/expression.ts'
import type { CorsBlock } from '../../guards/cors/cors-block.ts'
import { isWildcard, sampleOf } from '../../guards/cors/origin.ts'
import type { CsrfBlock } from '../../guards/csrf/csrf-block.ts'
import { isSafe } from '../../services/audit/entry.ts'
import { excuse } from '../excuse.ts'
import type { Finding } from '../findings.ts'
import type { Block, Policy, Route } from '../policy.ts'
import { below } from '../source.ts'
import { methodsOfRoute } from '../who.ts'
import { defineRule, type PolicyRule } from './rule.ts'

const rules: PolicyRule['rules'] = {
  'csrf/off': {
    severity: 'warning',
    cause: 'Any page of the web can have the browsers of its visitors change something here, logged in as they are.',
    hint: 'list the origins of your own pages in its place, or say `because: "<reason>"` on the route',
    excusable: true,
  },
  'csrf/unlisted-origin': {
    severity: 'warning',
    cause: 'Pages of this origin can read answers with the cookie, and change nothing: `cors` does not imply `csrf`.',
    hint: 'list the origin in `csrf.origins` too, or take `credentials` out of `cors`',
  },
}

export const cookieRoutes = defineRule({
  rules,
  check: ({ routes }: Policy) => routes.filter(isGuarded).flatMap(checkRoute),
})

/** Whether a cookie that browsers send by themselves can change something, or comes to be. */
const isGuarded = (route: Route): boolean =>
  !isSafe(route.method) &&
  (methodsOfRoute(route).some(({ kind }) => kind === 'session') ||
    route.destinations.some(({ handler, value, broken }) => !broken && handler.beginsSession?.(value)))

function checkRoute(route: Route): readonly Finding[] {
  const block = route.blocks.get('csrf')
  if (block === undefined) return []
  return block.value === 'off'
    ? excuse([off(route, block)], block.because ?? route.because, rules)
    : unlisted(route, block)
}

const off = ({ key }: Route, { at }: Block): Finding => ({
  rule: 'csrf/off',
  at,
  onKey: true,
  message: `pages of any site can call \`${key}\` with the cookie of a session`,
})

/** Texts that are filled in at opening are judged then. */
function unlisted({ blocks }: Route, { value }: Block): readonly Finding[] {
  const cors = blocks.get('cors')
  const { origins = [], credentials } = (cors?.value ?? {}) as Partial<CorsBlock>
  const { origins: listed = [] } = value as Exclude<CsrfBlock, 'off'>
  if (cors === undefined || credentials !== true || hasReference(origins) || hasReference(listed)) return []
  return origins.flatMap((origin, index) =>
    hasReference(origin) || listed.some((other) => hasReference(other) || stands(origin, other))
      ? []
      : [
          {
            rule: 'csrf/unlisted-origin',
            at: below(cors.at, 'origins', index),
            message: `\`${origin}\` may send the cookie, and \`csrf\` does not list it`,
          },
        ],
  )
}

/** One origin that is listed speaks for the wildcard that it falls under. */
const stands = (origin: string, listed: string): boolean =>
  isWildcard(origin) ? listed.endsWith(sampleOf(origin).replace(/^https?:\/\/any/, '')) : origin === listed
