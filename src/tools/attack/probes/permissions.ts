/** What a good credential is not good for: one scope less, no role. */

import type { ScopesBlock } from '../../../guards/scopes.ts'
import type { Forge } from '../forge.ts'
import type { Probe } from '../probe.ts'
import type { Target } from '../target.ts'

export function probeScopes(target: Target, forge: Forge): readonly Probe[] {
  const { caller, route } = target
  const issuer = caller?.issuer
  const block = route.blocks.get('scopes')?.value as ScopesBlock | undefined
  if (block === undefined || !target.enforces('scopes') || issuer === undefined || !forge.signs(issuer)) return []
  const wanted = 'any' in block ? [] : block
  const lists = [
    { title: 'no scope', scopes: [] },
    ...wanted
      .filter(() => wanted.length > 1)
      .map((scope) => ({ title: `all scopes but \`${scope}\``, scopes: wanted.filter((other) => other !== scope) })),
    { title: 'scopes in capitals', scopes: target.scopes.map((scope) => scope.toUpperCase()) },
    { title: 'scopes that begin alike', scopes: target.scopes.map((scope) => scope.slice(0, -1)).filter(Boolean) },
  ]
  const all = new Set('any' in block ? block.any : block)
  const lacking = lists.filter(
    ({ scopes }) =>
      scopes.length === 0 ||
      ('any' in block ? !scopes.some((scope) => all.has(scope)) : !wanted.every((scope) => scopes.includes(scope))),
  )
  return lacking.map(({ title, scopes }) =>
    target.probe('scopes', title, target.request({ wishes: { scopes } }), {
      kind: 'refused',
      codes: ['scope_missing'],
    }),
  )
}

/** Whoever has no role may do nothing: what roles allow is theirs alone. */
export function probeRoles(target: Target, forge: Forge): readonly Probe[] {
  const issuer = target.caller?.issuer
  if (!target.enforces('authorize') || issuer === undefined || !forge.signs(issuer)) return []
  const request = target.request({ wishes: { roles: [] } })
  const unknown = target.request({ wishes: { roles: ['portcullis-attack'] } })
  const expected = { kind: 'refused', codes: ['forbidden', 'not_found'] } as const
  return [
    target.probe('authorize', 'a caller without a role', request, expected),
    target.probe('authorize', 'a caller whose role nobody knows', unknown, expected),
  ]
}
