/** Collects findings, looks up their places, drops the ones said twice, and sorts them. */

import type { Diagnostic, Range, Rule, Rules } from '../core/diagnostic.ts'
import type { Place } from './source.ts'

/** A finding before its place is looked up. */
export interface Finding {
  readonly rule: string
  readonly at: Place
  readonly message: string
  /** In place of the rule's own. */
  readonly hint?: string | undefined
  /** Points at the key instead of the value. */
  readonly onKey?: boolean | undefined
  readonly related?: readonly { readonly at: Place; readonly message: string; readonly onKey?: boolean }[]
}

/** Turns a finding into a diagnostic. */
export function locate(finding: Finding, rules: Rules): Diagnostic {
  const diagnostic = diagnosticAt(rangeOf(finding.at, finding.onKey), finding, rules)
  if (finding.related === undefined) return diagnostic
  const related = finding.related.map(({ at, message, onKey }) => ({ ...rangeOf(at, onKey), message }))
  return { ...diagnostic, related }
}

/** A diagnostic at a known place; the rule must be known, or it is our bug. */
export function diagnosticAt(
  range: Range,
  { rule: id, message, hint }: Pick<Finding, 'rule' | 'message' | 'hint'>,
  rules: Rules,
): Diagnostic {
  const rule = ruleOf(id, rules)
  return { ...range, rule: id, severity: rule.severity, message, hint: hint ?? rule.hint }
}

const rangeOf = (place: Place, onKey?: boolean): Range => place.source.range(place.path, onKey)

function ruleOf(id: string, rules: Rules): Rule {
  const rule = Object.hasOwn(rules, id) ? rules[id] : undefined
  if (rule === undefined) throw new Error(`no rule is named ${id}`)
  return rule
}

/** By file, line and column; what is said twice of one place is said once. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const unique = new Map(diagnostics.map((item) => [identity(item), item]))
  return [...unique.values()].sort(
    (a, b) =>
      compare(a.file, b.file) ||
      a.line - b.line ||
      a.column - b.column ||
      compare(a.rule, b.rule) ||
      compare(a.message, b.message),
  )
}

const identity = (item: Diagnostic): string => [item.file, item.line, item.column, item.rule, item.message].join('\0')
const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b))

/** The policies are not fit to be enforced; the command prints the diagnostics and ends with status 1. */
export class PolicyRefused extends Error {
  override readonly name = 'PolicyRefused'
  readonly diagnostics: readonly Diagnostic[]

  constructor(diagnostics: readonly Diagnostic[]) {
    const sorted = sortDiagnostics(diagnostics)
    super(sum(sorted.filter(isError)))
    this.diagnostics = sorted
  }
}

/** The first of them: loggers print the message and leave the rest. */
function sum([first, ...others]: readonly Diagnostic[]): string {
  if (first === undefined) return 'the policies are refused'
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`
  return `${first.file}:${first.line}:${first.column} ${first.message}${more}`
}

const isError = ({ severity }: Diagnostic): boolean => severity === 'error'

/** Throws `PolicyRefused` where one of the diagnostics is an error. */
export function refuseErrors(diagnostics: readonly Diagnostic[]): void {
  if (diagnostics.some(isError)) throw new PolicyRefused(diagnostics)
}
