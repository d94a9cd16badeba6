/** The model's roles: rules one by one, in three truth values. */

import type { Authorize, Json, Rule } from '../policy.ts'
import { evaluate, type Facts } from './expression.ts'

/** Unknown where something is missing or of another type. */
type Truth = boolean | 'unknown'

const all = (truths: readonly Truth[]): Truth => (truths.includes('unknown') ? 'unknown' : !truths.includes(false))
const one = (truths: readonly Truth[]): Truth => (truths.includes('unknown') ? 'unknown' : truths.includes(true))
const negate = (truth: Truth): Truth => (truth === 'unknown' ? truth : !truth)

function equal(value: unknown, wanted: unknown): Truth {
  return value !== undefined && typeof value === typeof wanted ? value === wanted : 'unknown'
}

function among(value: unknown, list: readonly unknown[]): Truth {
  const alike = list.filter((item) => typeof item === typeof value)
  return alike.length === 0 ? 'unknown' : alike.includes(value)
}

function atLeast(value: unknown, bound: unknown): Truth {
  if (typeof value === 'number' && typeof bound === 'number') return value >= bound
  return typeof value === 'string' && typeof bound === 'string' ? value >= bound : 'unknown'
}

/** A list stands for each of its items. */
const each = (value: unknown, judge: (item: unknown) => Truth): Truth =>
  Array.isArray(value) ? one(value.map(judge)) : judge(value)

/** A list of which one item has no value has none. */
const inList = (value: unknown, list: readonly unknown[]): Truth =>
  list.includes(undefined) ? 'unknown' : each(value, (item) => among(item, list))

function operator(name: string, value: unknown, wanted: unknown, facts: Facts): Truth {
  if (value === undefined) return 'unknown'
  if (name === '$in')
    return inList(
      value,
      (wanted as readonly unknown[]).map((item) => evaluate(item, facts)),
    )
  const operand = evaluate(wanted, facts)
  if (name === '$gte') return each(value, (item) => atLeast(item, operand))
  const same = each(value, (item) => equal(item, operand))
  return name === '$ne' ? negate(same) : same
}

function holds(when: Json, resource: Json, facts: Facts): Truth {
  return all(
    Object.entries(when).map(([name, wanted]) => {
      if (name === '$or') return one((wanted as Json[]).map((inner) => holds(inner, resource, facts)))
      if (typeof wanted !== 'object' || wanted === null) return operator('$eq', resource[name], wanted, facts)
      return all(Object.entries(wanted).map(([op, operand]) => operator(op, resource[name], operand, facts)))
    }),
  )
}

const covers = (words: string | readonly string[] | undefined, word: string, every: string): boolean =>
  [words ?? []].flat().some((own) => own === word || own === every)

function isAbout({ can, cannot, subject, fields }: Rule, asked: Authorize): boolean {
  if (!covers(can ?? cannot, asked.action, 'manage') || !covers(subject, asked.subject, 'all')) return false
  if (fields === undefined) return true
  return asked.field === undefined ? cannot !== undefined : fields.includes(asked.field)
}

/** Whether the roles of these names allow it. */
export function allows(
  roles: Readonly<Record<string, readonly Rule[]>>,
  asked: Authorize,
  { names, facts }: { readonly names: readonly string[]; readonly facts: Facts },
): boolean {
  const resource = Object.fromEntries(
    Object.entries(asked.resource).map(([name, text]) => [name, evaluate(text, facts)]),
  )
  const rules = [...new Set(names)]
    .flatMap((name) => (Object.hasOwn(roles, name) ? (roles[name] ?? []) : []))
    .filter((rule) => isAbout(rule, asked))
  const truth = ({ when = {} }: Rule) => holds(when, resource, facts)
  const forbidden = rules.some((rule) => rule.cannot !== undefined && truth(rule) !== false)
  return !forbidden && rules.some((rule) => rule.can !== undefined && truth(rule) === true)
}
