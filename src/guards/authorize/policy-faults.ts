/** What `authorize` and `roles` can only get wrong together: one function a rule, over a block and the rules of all roles. */

import type { Fault, Rules } from '../../core/diagnostic.ts'
import { ExpressionFault, hasExpression, parseExpression, type Root } from '../../core/expression.ts'
import { suggest } from '../../core/suggest.ts'
import { readingsOf } from '../../services/roles/readings.ts'
import {
  actionsOf,
  concerns,
  isAbout,
  isInverted,
  listOf,
  type RoleRule,
  subjectsOf,
} from '../../services/roles/rule.ts'
import type { AuthorizeBlock } from './authorize.ts'

export const authorizePolicyRules: Rules = {
  'authorize/attribute-missing': {
    severity: 'error',
    cause:
      'A rule reads an attribute that the route does not supply: its `can` would never apply, its `cannot` always.',
    hint: 'name the attribute under `resource`, or load the resource',
  },
  'authorize/caller-supplied': {
    severity: 'error',
    cause: 'The caller writes query, headers and body: what is compared with the user must not come from there.',
    hint: 'load the resource, take the value from `params`, or say `because: "<reason>"` on the route',
  },
  'authorize/never-granted': {
    severity: 'warning',
    cause: 'No role allows what the route asks for, so nobody can call it.',
    hint: 'add a rule to `roles`, or mend the name',
  },
  'authorize/field-unset': {
    severity: 'warning',
    cause: 'A rule for some fields only does not allow the whole resource, and the route is about the whole.',
    hint: 'name the `field` that the route touches, or take `fields` off the rule',
  },
}

/** Attributes that rules read and the route does not supply; what a loader brings shows only at run time. */
export function findMissingAttributes(block: AuthorizeBlock, rules: readonly RoleRule[]): readonly Fault[] {
  const { subject, resource } = block
  if (typeof resource === 'string') return []
  const read = rules.filter((rule) => concerns(rule, block)).flatMap(readingsOf)
  const names = new Set(read.map(({ attribute }) => attribute))
  return [...names]
    .filter((name) => resource === undefined || !Object.hasOwn(resource, name))
    .map((name) => ({
      rule: 'authorize/attribute-missing',
      path: resource === undefined ? [] : ['resource'],
      message: `roles read \`${name}\` of \`${subject}\`, which this route does not supply`,
    }))
}

const callers: ReadonlySet<Root> = new Set<Root>(['query', 'headers', 'body'])

/** Attributes that the caller writes and a rule compares with the user; for a route without `because`. */
export function findCallerSupplied(block: AuthorizeBlock, rules: readonly RoleRule[]): readonly Fault[] {
  if (typeof block.resource === 'string') return []
  const read = rules.filter((rule) => concerns(rule, block)).flatMap(readingsOf)
  const compared = new Set(
    read.filter(({ comparedWith }) => comparedWith.has('user')).map(({ attribute }) => attribute),
  )
  return Object.entries(block.resource ?? {}).flatMap(([name, value]) => {
    const root = rootsOf(value).find((each) => callers.has(each))
    if (root === undefined || !compared.has(name)) return []
    const message = `\`${name}\` comes from \`${root}\` and is compared with the user`
    return [{ rule: 'authorize/caller-supplied', path: ['resource', name], message }]
  })
}

function rootsOf(value: unknown): readonly Root[] {
  if (!hasExpression(value)) return []
  const expression = parseExpression(value)
  return expression instanceof ExpressionFault ? [] : expression.paths.map(({ root }) => root)
}

/** A question that no role answers with yes, whoever asks. */
export function findNeverGranted(block: AuthorizeBlock, rules: readonly RoleRule[]): readonly Fault[] {
  const { action, subject } = block
  const grants = rules.filter((rule) => !isInverted(rule))
  if (grants.some((rule) => isAbout(rule, block))) return []
  const fault: Fault = {
    rule: 'authorize/never-granted',
    path: ['action'],
    message: `no role can \`${action}\` on \`${subject}\``,
  }
  const near = misspelt(subject, grants.flatMap(subjectsOf)) ?? misspelt(action, grants.flatMap(actionsOf))
  return [near === undefined ? fault : { ...fault, hint: `did you mean \`${near}\`?` }]
}

const misspelt = (word: string, known: readonly string[]): string | undefined =>
  known.includes(word) ? undefined : suggest(word, known)

/** Rules for some fields of what the route asks for as a whole. */
export function findFieldUnset(block: AuthorizeBlock, rules: readonly RoleRule[]): readonly Fault[] {
  const partial = rules.filter((rule) => !isInverted(rule) && isAbout(rule, block) && !concerns(rule, block))
  if (block.field !== undefined || partial.length === 0) return []
  const fields = [...new Set(partial.flatMap((rule) => listOf(rule.fields)))].map((name) => `\`${name}\``).join(', ')
  const message = `a role can \`${block.action}\` only ${fields} of \`${block.subject}\`, and this route names no \`field\``
  return [{ rule: 'authorize/field-unset', path: [], message }]
}
