/** Policies → everything that is tried: what must be refused, what must pass, and one more than each limit. */

import type { Policy, Route } from '../../policy/policy.ts'
import { factsOf } from '../../policy/site.ts'
import type { Forge } from './forge.ts'
import type { Crowd, Plan, Probe, Reading, Untried, Volley } from './probe.ts'
import { isOutside, type OwnAddress, probeNetwork } from './probes/addresses.ts'
import { endsCaller, probeGood, probeHeaders, writes } from './probes/answers.ts'
import { probeAuthentication } from './probes/authenticate.ts'
import { probeInput } from './probes/input.ts'
import { volleysOf } from './probes/limits.ts'
import { crowdsOf, probeTimeout } from './probes/load.ts'
import { probeLogins } from './probes/logins.ts'
import { probeOrigins } from './probes/origins.ts'
import { probePages } from './probes/pages.ts'
import { probePaths } from './probes/paths.ts'
import { probeRoles, probeScopes } from './probes/permissions.ts'
import { readingsOf } from './probes/readings.ts'
import { probeWire } from './probes/wire.ts'
import type { Schemas } from './schema/witness.ts'
import { Target, titleOf } from './target.ts'

export interface Terms {
  readonly forge: Forge
  readonly own: OwnAddress
  /** Whether the server believes what we say of our address. */
  readonly isTrusted: boolean
  /** Whether requests that change something, and that the policy lets through, are sent. */
  readonly writes: boolean
  /** Bytes: the largest body where a route does not say. */
  readonly maxBody: number
}

export function planAttack(policy: Policy, terms: Terms): Plan {
  const schemas = Object.fromEntries(policy.schemas.map(({ name, value }) => [name, value]))
  const plans = policy.routes.map((route) => planRoute(route, { policy, schemas, terms }))
  const identities = new Set<string>()
  const volleys = plans
    .flatMap((plan) => plan.volleys)
    .filter(({ identity }) => {
      const isNew = !identities.has(identity)
      identities.add(identity)
      return isNew
    })
  const [first] = policy.routes
  return {
    readings: plans.flatMap(({ readings }) => readings),
    probes: [
      ...(first === undefined ? [] : probeWire(factsOf(first).source)),
      ...interleave(plans.map(({ probes }) => probes)),
    ],
    volleys,
    crowds: plans.flatMap(({ crowds }) => crowds),
    untried: plans.flatMap(({ untried }) => untried),
  }
}

interface RoutePlan {
  readonly readings: readonly Reading[]
  readonly probes: readonly Probe[]
  readonly volleys: readonly (Volley & { readonly identity: string })[]
  readonly crowds: readonly Crowd[]
  readonly untried: readonly Untried[]
}

interface Shared {
  readonly policy: Policy
  readonly schemas: Schemas
  readonly terms: Terms
}

const nothing: RoutePlan = { readings: [], probes: [], volleys: [], crowds: [], untried: [] }

function planRoute(route: Route, { policy, schemas, terms }: Shared): RoutePlan {
  const target = Target.of(route, { policy, schemas, forge: terms.forge })
  if (typeof target === 'string')
    return {
      ...nothing,
      untried: [{ guard: 'routes', route: titleOf(route), why: target }],
    }
  if (isOutside(target, terms.own))
    return {
      ...nothing,
      probes: probeNetwork(target, terms),
      untried: [target.untried('routes', '`network` keeps this machine out')],
    }
  const outside = [
    ...probeAuthentication(target, terms.forge),
    ...probeHeaders(target),
    ...probeOrigins(target),
    ...probePaths(target, policy),
  ]
  const csrf = probePages(target)
  if (target.caller === undefined)
    return {
      ...nothing,
      probes: [...outside, ...csrf],
      untried: [target.untried('routes', 'no credential is at hand: `--token`, `--api-key` or `--session`')],
    }
  const mayPass = (terms.writes || !writes(target)) && !endsCaller(target)
  const { readings, untried } = readingsOf(target, { forge: terms.forge, policy, mayPass })
  return {
    readings,
    probes: [
      ...(mayPass ? [probeGood(target), ...probeTimeout(target)] : []),
      ...outside,
      ...csrf,
      ...probeLogins(target, terms.forge),
      ...probeScopes(target, terms.forge),
      ...probeRoles(target, terms.forge),
      ...probeInput(target, schemas, terms.maxBody),
    ],
    volleys: mayPass
      ? volleysOf(target).map((volley) => (terms.isTrusted ? { ...volley, disguises: [] } : volley))
      : [],
    crowds: mayPass ? crowdsOf(target) : [],
    untried: [
      ...untried,
      ...(endsCaller(target)
        ? [target.untried('routes', 'the request that passes would end the session that is used here')]
        : []),
    ],
  }
}

/** One of each route in turn: where time or patience ends early, every route has had its share. */
function interleave<T>(lists: readonly (readonly T[])[]): readonly T[] {
  const longest = Math.max(0, ...lists.map(({ length }) => length))
  return Array.from({ length: longest }, (_, index) => lists.flatMap((list) => list.slice(index, index + 1))).flat()
}
