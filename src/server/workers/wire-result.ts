/** What became of a reload, as it goes from a worker to its primary: errors do not travel as they are. */

import { maskSecrets } from '../../services/secrets/mask.ts'
import type { ReloadResult } from '../reload-result.ts'

interface WireFailed {
  readonly result: 'failed'
  readonly reason: string | undefined
  readonly error: { readonly name: string; readonly message: string; readonly stack: string | undefined }
}

export interface WireReload {
  readonly result: Exclude<ReloadResult, { readonly result: 'failed' }> | WireFailed
  /** The files that the policies name, where they were put in force. */
  readonly files?: readonly string[] | undefined
  /** The token of the admin listener, which is the primary's. */
  readonly token?: string | undefined
}

export function writeResult(result: ReloadResult): WireReload['result'] {
  if (result.result !== 'failed') return result
  const { name, message, stack } = result.error instanceof Error ? result.error : new Error(String(result.error))
  // The primary process does not know the secrets of its workers.
  const error = { name, message: maskSecrets(message), stack: stack && maskSecrets(stack) }
  return { result: 'failed', reason: result.reason && maskSecrets(result.reason), error }
}

export function readResult(result: WireReload['result']): ReloadResult {
  if (result.result !== 'failed') return result
  return { ...result, error: Object.assign(new Error(result.error.message), result.error) }
}
