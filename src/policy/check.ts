/** Check: every finding beyond the shape of the language; first each block by itself, then the rules over several. */

import type { Diagnostic } from '../core/diagnostic.ts'
import type { RouteFacts } from '../core/site.ts'
import { checkIssuer } from '../services/keys/issuer.ts'
import { checkRole } from '../services/roles/check-role.ts'
import { type Finding, locate } from './findings.ts'
import { place } from './place.ts'
import type { Block, DestinationBlock, Named, Origin, Policy, Route } from './policy.ts'
import { allRules, policyRules } from './rules/index.ts'
import { checkSettings } from './settings.ts'
import { factsOf, siteOf } from './site.ts'
import { isTold } from './unread.ts'

/** Every diagnostic of a parsed policy; unsorted. */
export function check(policy: Policy): readonly Diagnostic[] {
  const findings = [
    ...policy.settings.flatMap((entry) => place(checkSettings(entry.value), originOf(entry))),
    ...policy.issuers.flatMap((entry) => place(checkIssuer(entry.value), originOf(entry))),
    ...policy.roles.flatMap((entry) => place(checkRole(entry.value), originOf(entry))),
    ...policy.routes.flatMap(checkRoute),
    ...policyRules.flatMap((rule) => rule.check(policy)),
  ]
  return findings.filter(({ rule }) => isTold(rule, policy.whole)).map((finding) => locate(finding, allRules))
}

const originOf = ({ at }: Named<unknown>): Origin => ({ at, owner: '' })

interface Checked extends Route {
  readonly facts: RouteFacts
}

function checkRoute(route: Route): readonly Finding[] {
  const checked = { ...route, facts: factsOf(route) }
  const sound = route.destinations.filter(({ broken }) => !broken)
  return [
    ...[...route.blocks.values()].flatMap((block) => checkBlock(block, checked)),
    ...sound.flatMap((destination) => checkDestination(destination, checked)),
  ]
}

/** A reason beside the block, or on the route, excuses what is only weak. */
function checkBlock(block: Block, { facts, because }: Checked): readonly Finding[] {
  const { guard, value, items } = block
  const findings = place(guard.check?.(value, siteOf(block, facts, items)) ?? [], block, items)
  const excused = (block.because ?? because) !== undefined
  return excused ? findings.filter(({ rule }) => !allRules[rule]?.excusable) : findings
}

function checkDestination({ handler, value, at }: DestinationBlock, { facts, owner }: Checked): readonly Finding[] {
  const origin = { at, owner }
  return place(handler.check?.(value, siteOf(origin, facts)) ?? [], origin)
}
