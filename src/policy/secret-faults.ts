/** What only the values of secrets show, such as that one is weak: the errors of `check` at the places where they stand. */

import type { Diagnostic } from '../core/diagnostic.ts'
import type { Secret } from '../services/secrets/secret.ts'
import { check } from './check.ts'
import { conceal } from './conceal.ts'
import { sortDiagnostics } from './findings.ts'
import { parseAgain } from './parse.ts'
import type { Policy } from './policy.ts'
import type { Known } from './references.ts'

/** By the name of the secret; of a policy without errors. No message quotes a value. */
export function secretFaults(
  policy: Policy,
  secrets: ReadonlyMap<string, Secret>,
): ReadonlyMap<string, readonly Diagnostic[]> {
  const references = policy.references.filter(({ kind }) => kind === 'secret')
  const known: Known = new Map(
    references.flatMap(({ text, name }) => {
      const secret = secrets.get(name)
      return secret === undefined ? [] : [[text, secret] as const]
    }),
  )
  const again = parseAgain(policy, known)
  const found = sortDiagnostics(conceal([...again.diagnostics, ...check(again.policy)], references, known))
  const errors = found.filter(({ severity }) => severity === 'error')
  return Map.groupBy(errors, (error) => references.find(({ at }) => isAt(error, at))?.name ?? '')
}

function isAt({ file, line }: Diagnostic, { source, path }: Policy['references'][number]['at']): boolean {
  const range = source.range(path)
  return file === range.file && range.line <= line && line <= range.endLine
}
