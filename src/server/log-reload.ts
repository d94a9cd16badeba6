/** What the log says of a reload. */

import type { Diagnostic } from '../core/diagnostic.ts'
import type { Log } from '../services/log.ts'
import type { ReloadResult } from './reload-result.ts'

/** So many errors of one refusal are logged; `check` shows all. */
const mostLogged = 20

const stays = 'the policies from before stay in force'

export function logReload(log: Log, result: ReloadResult): void {
  if (result.result === 'refused') logRefusal(log, result.diagnostics)
  else if (result.result !== 'failed') logInForce(log, result)
  else if (result.reason === undefined) log.error({ err: result.error }, `policies not reloaded; ${stays}`)
  else log.error(`policies not reloaded: ${result.reason}; ${stays}`)
}

function logInForce(
  log: Log,
  { result, digest, routes, warnings, restart }: Extract<ReloadResult, { readonly digest: string }>,
): void {
  const text =
    result === 'unchanged' ? 'policies unchanged; the files and secrets they name were read again' : 'policies reloaded'
  log.info({ digest, routes, warnings: warnings.length }, text)
  if (restart.length > 0)
    log.warn({ settings: restart }, `only a restart changes ${restart.map((name) => `\`${name}\``).join(', ')}`)
}

function logRefusal(log: Log, diagnostics: readonly Diagnostic[]): void {
  const errors = diagnostics.filter(({ severity }) => severity === 'error')
  for (const { rule, file, line, column, message } of errors.slice(0, mostLogged))
    log.error({ rule, place: `${file}:${line}:${column}` }, message)
  log.error({ errors: errors.length }, `policies refused; ${stays}`)
}
