/** Check: every finding beyond the shape of the language; first each block by itself, then the rules over several. */

import type { Diagnostic, Fault } from '../core/diagnostic.ts'
import type { RouteFacts } from '../core/site.ts'
import { checkIssuer } from '../services/keys/issuer.ts'
import { checkRole } from '../services/roles/check-role.ts'
import { excuse } from './excuse.ts'
import { type Finding, locate } from './findings.ts'
import { place } from './place.ts'
import type { Block, DestinationBlock, Named, Origin, Policy, Route } from './policy.ts'
import { allRules, policyRules } from './rules/index.ts'
import type { Opening } from './rules/rule.ts'
import { checkSettings } from './settings.ts'
import { factsOf, siteOf } from './site.ts'
import { isTold } from './unread.ts'

/** Every diagnostic of a parsed policy; unsorted. */
export function check(policy: Policy): readonly Diagnostic[] {
  const findings = [
    ...policy.settings.flatMap((entry) => place(checkSettings(entry.value), originOf(entry))),
    ...policy.issuers.flatMap((entry) => place(checkIssuer(entry.value), originOf(entry))),
    ...policy.roles.flatMap((entry) => place(checkRole(entry.value), originOf(entry))),
    ...policy.fragments.flatMap(({ at, check }) => place(inside(check()), { at, owner: '' })),
    ...policy.routes.flatMap(checkRoute),
    ...policyRules.flatMap((rule) => rule.check(policy)),
  ]
  return findings.filter(({ rule }) => isTold(rule, policy.whole)).map((finding) => locate(finding, allRules))
}

/** What is found of a sound policy where it is opened; warnings, unsorted. */
export const checkOpening = (policy: Policy, opening: Opening): readonly Diagnostic[] =>
  policyRules.flatMap((rule) => rule.atOpening?.(policy, opening) ?? []).map((finding) => locate(finding, allRules))

const originOf = ({ at }: Named<unknown>): Origin => ({ at, owner: '' })

interface Checked extends Route {
  readonly facts: RouteFacts
}

function checkRoute(route: Route): readonly Finding[] {
  const checked = { ...route, facts: factsOf(route) }
  const destinations = route.destinations.filter(({ value }) => value !== undefined)
  return [
    ...[...route.blocks.values()].flatMap((block) => checkBlock(block, judgeBlock(block, checked), checked)),
    ...route.fragments.flatMap((block) => checkBlock(block, inside(judgeBlock(block, checked)), checked)),
    ...destinations.flatMap((destination) => checkDestination(destination, checked)),
  ]
}

/** Of what is left of a block, only what is there can be judged: what is missing may be what was taken out. */
const inside = (faults: readonly Fault[]): readonly Fault[] => faults.filter(({ path }) => path.length > 0)

const judgeBlock = (block: Block, { facts }: Checked): readonly Fault[] =>
  block.guard.check?.(block.value, siteOf(block, facts, block.items)) ?? []

/** A reason beside the block, or on the route, excuses what is only weak. */
function checkBlock(block: Block, faults: readonly Fault[], { because }: Checked): readonly Finding[] {
  return excuse(place(faults, block, block.items), block.because ?? because, allRules)
}

function checkDestination(
  { handler, value, at, broken }: DestinationBlock,
  { facts, owner }: Checked,
): readonly Finding[] {
  const origin = { at, owner }
  const faults = handler.check?.(value, siteOf(origin, facts)) ?? []
  return place(broken ? inside(faults) : faults, origin)
}
