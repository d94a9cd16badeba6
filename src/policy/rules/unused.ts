/** What is declared and used nowhere: most often a misspelt name somewhere else. */

import { refsOf } from '../../schema/shared-refs.ts'
import { isIdentityIssuer } from '../../services/identity/identity-issuer.ts'
import { isAbout, type Question } from '../../services/roles/rule.ts'
import type { Finding } from '../findings.ts'
import { identityBuiltinOf } from '../identity-builtin.ts'
import type { Named, Policy, Route } from '../policy.ts'
import { issuersOf } from '../who.ts'
import { defineRule } from './rule.ts'

const rule = (what: string, hint: string) =>
  ({ severity: 'warning', cause: `A declared ${what} is used nowhere.`, hint: `${hint}, or take it out` }) as const

export const unused = defineRule({
  rules: {
    'issuers/unused': rule('issuer', 'name it in an `authenticate` block'),
    'roles/unused': rule('role', 'let its rules name an action and subject that a route authorizes'),
    'schemas/unused': rule('schema', "refer to it as `$ref: '#/schemas/Name'`"),
    'profiles/unused': rule('profile', 'take it with `use`'),
  },
  check: (policy) => [
    ...idle('issuers', 'issuer', policy.issuers, usedIssuers(policy)),
    ...idle('roles', 'role', policy.roles, usedRoles(policy)),
    ...idle('schemas', 'schema', policy.schemas, usedSchemas(policy)),
    ...idle('profiles', 'profile', policy.profiles, policy.usedProfiles),
  ],
})

const idle = (
  section: string,
  word: string,
  declared: readonly Named<unknown>[],
  used: ReadonlySet<string>,
): readonly Finding[] =>
  declared
    .filter(({ name }) => !used.has(name))
    .map(({ name, at }) => ({
      rule: `${section}/unused`,
      at,
      onKey: true,
      message: `nothing uses the ${word} \`${name}\``,
    }))

function usedIssuers({ routes, issuers }: Policy): ReadonlySet<string> {
  const declared = issuers.map(({ name }) => name)
  const accepted = routes.flatMap((route) => (route.broken.has('authenticate') ? declared : issuersOf(route, issuers)))
  // Tokens that are made here may be meant for other services alone.
  const own = routes.some(identityBuiltinOf) ? issuers.filter(isIdentityIssuer).map(({ name }) => name) : []
  return new Set([...accepted, ...own])
}

/** A schema counts as used where a route reaches it, also by way of another schema. */
function usedSchemas({ routes, schemas }: Policy): ReadonlySet<string> {
  const byName = new Map(schemas.map(({ name, value }) => [name, value]))
  const used = new Set<string>()
  const pending = routes.flatMap((route) => (route.broken.has('input') ? [...byName.keys()] : refsOfRoute(route)))
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (used.has(name)) continue
    used.add(name)
    pending.push(...refsOf(byName.get(name)).map((ref) => ref.name))
  }
  return used
}

const refsOfRoute = ({ blocks }: Route): readonly string[] => refsOf(blocks.get('input')?.value).map(({ name }) => name)

function usedRoles({ routes, roles }: Policy): ReadonlySet<string> {
  const asked = routes.flatMap(({ blocks }) => (blocks.get('authorize')?.value ?? []) as Question | readonly Question[])
  const unclear = routes.some(({ broken }) => broken.has('authorize'))
  const used = roles.filter(({ value }) => unclear || value.some((rule) => asked.some((ask) => isAbout(rule, ask))))
  return new Set(used.map(({ name }) => name))
}
