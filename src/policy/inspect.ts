/** What `check` does to a policy directory, load → parse → check: it needs no server, and loads none. */

import type { Diagnostic } from '../core/diagnostic.ts'
import { check } from './check.ts'
import { refuseErrors, sortDiagnostics } from './findings.ts'
import { type Loaded, load } from './load.ts'
import { type Parsed, parse } from './parse.ts'
import type { Policy } from './policy.ts'
import type { SourceText } from './source.ts'

/** Every diagnostic of a policy directory, sorted; throws `DirectoryFault` where it cannot be read. */
export const diagnose = (directory: string, values?: SourceText): readonly Diagnostic[] =>
  examine(load(directory), values).diagnostics

/** The policies of a directory as data; throws `PolicyRefused` where they have errors. */
export function inspect(directory: string, values?: SourceText): Policy {
  const { policy, diagnostics } = examine(load(directory), values)
  refuseErrors(diagnostics)
  return policy
}

/** A policy with all that parsing and checking find, sorted. */
export function examine(loaded: Loaded, values: SourceText | undefined): Parsed {
  const { policy, diagnostics } = parse(loaded, values)
  return { policy, diagnostics: sortDiagnostics([...diagnostics, ...check(policy)]) }
}
