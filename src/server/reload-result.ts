/** What became of a reload, for the log and for who asked. */

import type { Ready } from '../app.ts'
import type { Diagnostic } from '../core/diagnostic.ts'
import { StartFault } from '../core/start-fault.ts'
import { PolicyRefused } from '../policy/findings.ts'
import { DirectoryFault } from '../policy/load.ts'

interface InForce {
  /** `unchanged` where the policies are those from before; the files and secrets that they name were read again. */
  readonly result: 'reloaded' | 'unchanged'
  readonly digest: string
  readonly routes: number
  readonly warnings: readonly Diagnostic[]
  /** The settings that only a restart changes, and that are no longer those of the start. */
  readonly restart: readonly string[]
}

interface Refused {
  readonly result: 'refused'
  readonly diagnostics: readonly Diagnostic[]
}

interface Failed {
  readonly result: 'failed'
  /** What the machine lacks; none where the fault is ours. */
  readonly reason: string | undefined
  readonly error: unknown
}

export type ReloadResult = InForce | Refused | Failed

export const reloadedTo = (
  { policy, routes, warnings }: Ready,
  rest: Pick<InForce, 'result' | 'restart'>,
): ReloadResult => ({ ...rest, digest: policy.digest, routes: routes.length, warnings })

/** What a reload was rejected with. */
export function readRefusal(error: unknown): ReloadResult {
  if (error instanceof PolicyRefused) return { result: 'refused', diagnostics: error.diagnostics }
  const isLack = error instanceof StartFault || error instanceof DirectoryFault
  return { result: 'failed', reason: isLack ? error.message : undefined, error }
}
