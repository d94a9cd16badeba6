/** What roles decide: CASL abilities, one a set of roles, built once and asked with the request in hand. */

import { Ability, type ForcedSubject, fieldPatternMatcher, type RawRuleOf } from '@casl/ability'
import type { Exchange } from '../../core/exchange.ts'
import { compileConditions } from './condition.ts'
import { FieldReader, type JudgeField } from './field-reader.ts'
import { Recent } from './recent.ts'
import { actionsOf, fieldOf, fieldsOf, isInverted, type Question, type RoleRule, subjectsOf } from './rule.ts'

export interface Roles {
  /** Why these roles do not allow what is asked, for the log; nothing where they do. A name that is no role counts for nothing. */
  refusal(question: Question, names: readonly string[], exchange: Exchange): string | undefined
  /** What these roles may read of a document, which is the exchange's resource while it is judged; it is read where it counts. */
  reader(question: Question, names: readonly string[], exchange: Exchange): (read: () => unknown) => JudgeField
}

/** What CASL hands to the conditions; the resource is the exchange's. */
interface Target extends ForcedSubject<string> {
  readonly exchange: Exchange
}
type Applies = (target: Target) => boolean
type RoleAbility = Ability<[string, string | Target], Applies>
type AbilityRule = RawRuleOf<RoleAbility>

/** How many sets of roles are kept ready. */
const maxAbilities = 1000

/**
 * Compiles the `roles` section, in which `checkRole` found no fault. Where it is unknown whether conditions hold, a `can` does
 * not apply and a `cannot` does; with `doubt` it is the other way round, for who sees a part of the resource.
 */
export function compileRoles(section: Readonly<Record<string, readonly RoleRule[]>>, doubt = false): Roles {
  const compile = (rule: RoleRule): AbilityRule => compileRule(rule, doubt)
  const known = new Map(
    Object.entries(section).map(([name, rules], order) => [name, { order, rules: rules.map(compile) }]),
  )
  const abilities = new Recent<RoleAbility>(maxAbilities)
  const abilityOf = (names: readonly string[]): RoleAbility => {
    const held = heldOf(known, names)
    const key = held.reduce((joined, { order }) => `${joined}${order},`, '')
    return abilities.take(key, () => buildAbility(held.flatMap(({ rules }) => rules)))
  }
  return {
    refusal: (question, names, exchange) => judge(abilityOf(names), question, exchange),
    reader: (question, names, exchange) => readerOf(abilityOf(names), question, exchange),
  }
}

interface Role {
  /** Its place among the roles: what sets of roles are named by. */
  readonly order: number
  readonly rules: readonly AbilityRule[]
}

/** The roles of these names, each once and in one order; looked up on every request. */
function heldOf(known: ReadonlyMap<string, Role>, names: readonly string[]): readonly Role[] {
  const held: Role[] = []
  for (const name of names) {
    const role = known.get(name)
    if (role !== undefined && !held.includes(role)) held.push(role)
  }
  return held.sort((one, other) => one.order - other.order)
}

function judge(ability: RoleAbility, question: Question, exchange: Exchange): string | undefined {
  const target: Target = { __caslSubjectType__: question.subject, exchange }
  const rule = question.partial
    ? ability.relevantRuleFor(question.action, exchange.resource === undefined ? question.subject : target)
    : ability.relevantRuleFor(question.action, target, fieldOf(question))
  if (rule === null) return `no role of the caller allows \`${question.action}\` on \`${question.subject}\``
  if (rule.inverted)
    return rule.reason ?? `a role of the caller forbids \`${question.action}\` on \`${question.subject}\``
  return undefined
}

function readerOf(ability: RoleAbility, { action, subject }: Question, exchange: Exchange) {
  const rules = ability.possibleRulesFor(action, subject)
  const ordered = [...rules.filter((rule) => rule.inverted), ...rules.filter((rule) => !rule.inverted)]
  const reader = new FieldReader<Target>(ordered)
  return (read: () => unknown): JudgeField => {
    const { resource } = exchange
    exchange.resource = reader.isConditional ? read() : undefined
    try {
      return reader.judge({ __caslSubjectType__: subject, exchange })
    } finally {
      exchange.resource = resource
    }
  }
}

/** CASL asks the last rule first: what forbids comes after everything that allows. */
const buildAbility = (rules: readonly AbilityRule[]): RoleAbility =>
  new Ability([...rules.filter((rule) => !rule.inverted), ...rules.filter((rule) => rule.inverted)], {
    conditionsMatcher: (applies) => (target) => applies(target as Target),
    fieldMatcher: fieldPatternMatcher,
  })

function compileRule(rule: RoleRule, doubt: boolean): AbilityRule {
  const inverted = isInverted(rule)
  const fields = fieldsOf(rule)
  const condition = rule.when && compileConditions(rule.when)
  const unknown = inverted !== doubt
  return {
    action: [...actionsOf(rule)],
    subject: [...subjectsOf(rule)],
    inverted,
    ...(fields && { fields: [...fields] }),
    ...(rule.because !== undefined && { reason: rule.because }),
    ...(condition && { conditions: ({ exchange }: Target) => condition(exchange.resource, exchange) ?? unknown }),
  }
}
