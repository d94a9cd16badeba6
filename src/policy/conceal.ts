/** Keeps what secrets and files hold out of findings: where a message quotes it, the reference stands in its place. */

import type { Diagnostic, Range } from '../core/diagnostic.ts'
import type { Reference } from './policy.ts'
import { type Known, keyOf, textOf } from './references.ts'

/** Findings of opened policies, with the texts that `known` was filled in for written as the policy writes them. */
export function conceal(
  diagnostics: readonly Diagnostic[],
  references: readonly Reference[],
  known: Known,
): readonly Diagnostic[] {
  const hidden = references
    .filter(({ kind }) => kind !== 'env')
    .map(({ text, at }) => ({
      text,
      value: textOf(known.get(keyOf(text, at.source)) ?? '').toLowerCase(),
      range: at.source.range(at.path),
    }))
  return diagnostics.map((diagnostic) => {
    const near = hidden.filter(({ range }) => overlaps(range, diagnostic))
    return near.reduce(
      ({ message, ...rest }, { text, value }) => ({ ...rest, message: cover(message, value, text) }),
      diagnostic,
    )
  })
}

/** What comes from a policy stands in backticks; what is part of the value is covered. */
const cover = (message: string, value: string, reference: string): string =>
  message.replace(/`([^`]+)`/g, (quoted, inner: string) =>
    value.includes(inner.toLowerCase()) ? `\`${reference}\`` : quoted,
  )

const overlaps = (a: Range, b: Range): boolean => a.file === b.file && a.line <= b.endLine && b.line <= a.endLine
