/** A scope that nobody can have: the route would refuse everyone. */

import { suggest } from '../../core/suggest.ts'
import type { ScopesBlock } from '../../guards/scopes.ts'
import type { Finding } from '../findings.ts'
import type { Block, Policy, Route } from '../policy.ts'
import { below } from '../source.ts'
import { certificateMethodsOf, isOnlyPublic, issuersOf, isWithoutGrants } from '../who.ts'
import { defineRule } from './rule.ts'

export const grantableScopes = defineRule({
  rules: {
    'scopes/ungrantable': {
      severity: 'error',
      cause: 'No caller can have a scope that the route asks for.',
      hint: 'correct the scope, add it to the `scopes` of an issuer, or accept a credential that carries scopes',
    },
  },
  check: (policy) => policy.routes.flatMap((route) => checkRoute(route, policy)),
})

function checkRoute(route: Route, policy: Policy): readonly Finding[] {
  const block = route.blocks.get('scopes')
  if (block === undefined || route.broken.has('authenticate')) return []
  if (isWithoutGrants(route)) {
    const caller = isOnlyPublic(route) ? 'a public caller' : 'a caller with a `signature`'
    return [{ rule: 'scopes/ungrantable', at: block.at, onKey: true, message: `${caller} has no scopes` }]
  }
  const granted = grantedTo(route, policy)
  if (granted === undefined) return []
  return written(block).flatMap(({ scope, at }) => (granted.includes(scope) ? [] : [describe(scope, at, granted)]))
}

/** The scopes that the route's issuers say they grant; undefined where one of them does not say. */
function grantedTo(route: Route, { issuers, broken }: Policy): readonly string[] | undefined {
  const accepted = issuersOf(route, issuers)
  if (accepted.some((name) => broken.issuers.has(name))) return undefined
  const said = issuers.filter(({ name }) => accepted.includes(name)).map(({ value }) => value.scopes)
  said.push(...certificateMethodsOf(route).map(({ options }) => options.scopes ?? []))
  if (said.length === 0 || said.includes(undefined)) return undefined
  return said.flatMap((scopes) => scopes ?? [])
}

function written({ value, items, at }: Block): readonly { readonly scope: string; readonly at: Finding['at'] }[] {
  const block = value as ScopesBlock
  if ('any' in block) return block.any.map((scope, index) => ({ scope, at: below(at, 'any', index) }))
  return block.map((scope, index) => ({ scope, at: items[index]?.at ?? at }))
}

function describe(scope: string, at: Finding['at'], granted: readonly string[]): Finding {
  const near = suggest(scope, granted)
  return {
    rule: 'scopes/ungrantable',
    at,
    message: `no issuer of this route grants \`${scope}\``,
    hint: near && `did you mean \`${near}\`?`,
  }
}
