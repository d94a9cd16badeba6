/** The rules of one block as a table that leads to their explanations. */

import { anchorOf, type Rules } from '../../src/core/diagnostic.ts'
import { allRules } from '../../src/policy/rules/index.ts'
import { code, link, table } from './markdown.ts'

/** The part of an id that names the block. */
export const blockOf = (rule: string): string => rule.split('/')[0] ?? rule

/** Every rule whose id begins with the block's name. */
export const rulesOf = (block: string): Rules =>
  Object.fromEntries(Object.entries(allRules).filter(([id]) => blockOf(id) === block))

export const ruleLink = (id: string, toRoot: string): string =>
  link(code(id), `${toRoot}diagnostics.md#${anchorOf(id)}`)

/** Nothing for a block without rules. */
export function ruleTable(heading: string, own: Rules = {}, toRoot = ''): string {
  const [first] = Object.keys(own)
  const rules = first === undefined ? {} : { ...rulesOf(blockOf(first)), ...own }
  const rows = Object.entries(rules)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([id, { severity, cause }]) => [ruleLink(id, toRoot), severity, cause])
  return rows.length === 0 ? '' : `${heading}\n\n${table(['rule', 'severity', 'why'], rows)}`
}
