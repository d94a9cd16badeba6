/** A finding of `check`: what is wrong, where, and how it is mended. */

type Severity = 'error' | 'warning'

/** A place in a policy file; lines and columns count from 1, the end is exclusive. */
export interface Range {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly endLine: number
  readonly endColumn: number
}

/** A finding with its place. */
export interface Diagnostic extends Range {
  /** `block/fault`, such as `cors/credentials-with-wildcard`. */
  readonly rule: string
  readonly severity: Severity
  readonly message: string
  readonly hint: string
  /** The other places that belong to it: the first of two duplicates. */
  readonly related?: readonly (Range & { readonly message: string })[]
}

/** What the reference says of a rule. */
export interface Rule {
  readonly severity: Severity
  /** Why it is a fault, in one sentence. */
  readonly cause: string
  /** How it is mended; a fault may say it more exactly. */
  readonly hint: string
  /** A `because` on the route, or beside the block, is answer enough. */
  readonly excusable?: true
}

export type Rules = Readonly<Record<string, Rule>>

/** Where `docs/reference/diagnostics.md` explains a rule: the id without its slash. */
export const anchorOf = (rule: string): string => rule.replace('/', '-')

/** A fault of one block, before its place in a file is looked up. */
export interface Fault {
  /** The full id, `block/fault`. */
  readonly rule: string
  /** Where inside the block; empty for the block itself. */
  readonly path: readonly (string | number)[]
  readonly message: string
  readonly hint?: string
  /** Points at the key instead of the value. */
  readonly onKey?: boolean
}
