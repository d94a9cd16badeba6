/** What a gate is told when it is made. */

import { StartFault } from '../core/start-fault.ts'
import { readSource, Unreadable } from '../policy/read-source.ts'
import type { SourceText } from '../policy/source.ts'

/** Where a gate logs: a pino logger, `console`, or anything with these four methods. */
export interface PortcullisLog {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** What a gate may be told; nothing has to be. */
export interface PortcullisOptions {
  /** What stands in place of the declared `values`: by name, or the path of a YAML file that says so. */
  readonly values?: Readonly<Record<string, unknown>> | string
  /** Unless told, warnings and errors go to standard output as JSON lines, credentials blanked out. */
  readonly log?: PortcullisLog
  /**
   * Lets issuers with `builtin: true` be signed for by the key of this machine, `data/dev-key`, as `portcullis token` does.
   * Unless told, where NODE_ENV is `development` or `test`.
   */
  readonly development?: boolean
}

/** The text of the values; a `StartFault` where the file cannot be read. Read anew by every reload. */
export function readValues({ values }: PortcullisOptions): SourceText | undefined {
  if (values === undefined) return undefined
  if (typeof values !== 'string') return { file: 'values', folder: process.cwd(), text: JSON.stringify(values) }
  const source = readSource(values)
  if (source instanceof Unreadable) throw new StartFault(`cannot read the values file \`${values}\`: ${source.message}`)
  return source
}

export const isDevelopment = ({ development }: PortcullisOptions): boolean =>
  development ?? ['development', 'test'].includes(process.env.NODE_ENV ?? '')
