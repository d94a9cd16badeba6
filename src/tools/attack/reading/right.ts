/** What a role may read at most: who sees a part of a document cannot know all that a rule asks of it. */

import type { Exchange } from '../../../core/exchange.ts'
import { hasReference } from '../../../core/expression.ts'
import type { Principal } from '../../../core/principal.ts'
import type { JudgeField } from '../../../services/roles/field-reader.ts'
import { compileRoles } from '../../../services/roles/roles.ts'
import { isAbout, isInverted, type Question, type RoleRule } from '../../../services/roles/rule.ts'

/** Who reads, and by which path. */
export interface Circumstances {
  readonly principal: Principal
  readonly params: Readonly<Record<string, unknown>>
}

export type Right = (document: unknown) => JudgeField

/** The right of whoever has these rules; where it is unknown whether one holds, it holds for the reader. */
export function rightOf(rules: readonly RoleRule[], question: Question, { principal, params }: Circumstances): Right {
  const roles = compileRoles({ reader: rules.flatMap(benefit) }, true)
  // What else expressions read has no value here: conditions with it stay unknown.
  const input = { params, query: {}, headers: {}, cookies: {}, body: undefined, files: {} }
  const exchange = { principal, input, address: undefined, resource: undefined } as unknown as Exchange
  const reader = roles.reader(question, ['reader'], exchange)
  return (document) => reader(() => document)
}

/** Whether there is anything of the resource that these rules do not let be read. */
export function isBound(rules: readonly RoleRule[], question: Question): boolean {
  const about = rules.filter((rule) => isAbout(rule, question))
  const whole = about.some((rule) => !isInverted(rule) && rule.fields === undefined && rule.when === undefined)
  return !whole || about.some(isInverted)
}

/** A rule whose conditions cannot be told from here: values that are not filled in, the length of lists that may have been cut. */
function benefit(rule: RoleRule): readonly RoleRule[] {
  const { when, ...always } = rule
  const written = JSON.stringify(when)
  const isKnown = !written?.includes('"$size"') && !hasReference(written)
  if (isKnown) return [rule]
  return isInverted(rule) ? [] : [always]
}
