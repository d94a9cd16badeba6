/** A route of several issuers that takes the id of a user for the user: a principal is issuer and id together. */

import { hasReference } from '../../core/expression.ts'
import { pathsIn } from '../../core/paths-in.ts'
import { type ConcurrencyBlock, keyOf } from '../../guards/concurrency/concurrency-block.ts'
import type { WrittenLimits } from '../../guards/rate-limit/limit-schema.ts'
import type { By } from '../../services/counters/by.ts'
import { bareIdsOf } from '../../services/roles/bare-ids.ts'
import { concerns } from '../../services/roles/rule.ts'
import { excuse } from '../excuse.ts'
import type { Finding } from '../findings.ts'
import type { Policy, Route } from '../policy.ts'
import { below, type Place } from '../source.ts'
import { rivalIssuers } from '../who.ts'
import { type Authorization, authorizationsOf } from './authorize-rule.ts'
import { defineRule, type PolicyRule } from './rule.ts'

const cause = 'Of several issuers, two can give the same id to different people, who would then pass for each other.'

const countByUser = 'count `by: user`, which is issuer and id together, or say `because: "<reason>"`'

const rules: PolicyRule['rules'] = {
  'authorize/ambiguous-user': {
    severity: 'error',
    cause,
    hint: 'compare the issuer in the same rule (`ownerIssuer: \'${user.issuer}\'`), accept one issuer, or say `because: "<reason>"`',
    excusable: true,
  },
  'rateLimit/ambiguous-user': {
    severity: 'error',
    cause,
    hint: countByUser,
    excusable: true,
  },
  'concurrency/ambiguous-user': {
    severity: 'error',
    cause,
    hint: countByUser,
    excusable: true,
  },
}

export const ambiguousUser = defineRule({
  rules,
  check: (policy) => [
    ...authorizationsOf(policy).flatMap((authorization) => checkAuthorization(authorization, policy)),
    ...policy.routes.flatMap((route) => [...checkLimits(route, policy), ...checkSlots(route, policy)]),
  ],
})

function checkAuthorization({ route, block, value, roles }: Authorization, policy: Policy): readonly Finding[] {
  const issuers = rivalIssuers(route, policy)
  if (issuers.length === 0) return []
  const bare = roles.flatMap((role) =>
    role.value.flatMap((rule, index) =>
      concerns(rule, value)
        ? bareIdsOf(rule).map((attribute) => ({ attribute, role: role.name, at: below(role.at, index) }))
        : [],
    ),
  )
  const findings = [...Map.groupBy(bare, ({ attribute }) => attribute)].map(([attribute, readings]) => ({
    rule: 'authorize/ambiguous-user',
    at: block.at,
    onKey: true,
    message: `roles compare \`${attribute}\` with \`user.id\` alone, which ${listed(issuers)} can both give`,
    related: readings.map(({ role, at }) => ({ at, message: `a rule of \`${role}\`` })),
  }))
  return excuse(findings, block.because ?? route.because, rules)
}

function checkLimits(route: Route, policy: Policy): readonly Finding[] {
  const block = route.blocks.get('rateLimit')
  const issuers = rivalIssuers(route, policy)
  if (block === undefined || issuers.length === 0) return []
  return (block.value as WrittenLimits).flatMap((limit, index) => {
    const { at, because } = block.items[index] ?? block
    const findings = isBare(limit.by) ? [ambiguousKey('rateLimit/ambiguous-user', at, issuers)] : []
    return excuse(findings, because ?? route.because, rules)
  })
}

function checkSlots(route: Route, policy: Policy): readonly Finding[] {
  const block = route.blocks.get('concurrency')
  const issuers = rivalIssuers(route, policy)
  if (block === undefined || issuers.length === 0 || !isBare(keyOf(block.value as ConcurrencyBlock))) return []
  const findings = [ambiguousKey('concurrency/ambiguous-user', block.at, issuers)]
  return excuse(findings, block.because ?? route.because, rules)
}

/** What is not filled in yet is judged once it is. */
function isBare(by: By): boolean {
  const parts = [by].flat()
  const members = pathsIn(parts).flatMap(({ root, names }) => (root === 'user' ? names.slice(0, 1) : []))
  return members.includes('id') && !members.includes('issuer') && !parts.includes('user') && !parts.some(hasReference)
}

const ambiguousKey = (rule: string, at: Place, issuers: readonly string[]): Finding => ({
  rule,
  at: below(at, 'by'),
  message: `counts by \`user.id\` alone, which ${listed(issuers)} can both give`,
})

const listed = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(' and ')
