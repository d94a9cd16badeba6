/** Findings as workflow commands, which GitHub Actions shows beside the lines of a change. */

import type { Diagnostic } from '../../core/diagnostic.ts'
import { printable } from '../printable.ts'
import type { Findings } from './report.ts'
import { repositoryPath } from './repository-path.ts'

/** One command a line; nothing where nothing was found. */
export const reportGithub = ({ diagnostics }: Findings): string => diagnostics.map(commandOf).join('')

function commandOf(diagnostic: Diagnostic): string {
  const { severity, message, hint } = diagnostic
  const properties = Object.entries(propertiesOf(diagnostic)).map(([name, value]) => `${name}=${escapeProperty(value)}`)
  const text = `${printable(message)}\nhint: ${printable(hint)}`
  return `::${severity} ${properties.join(',')}::${escapeData(text)}\n`
}

/** The runner refuses columns of a range over several lines. */
function propertiesOf({ file, line, column, endLine, endColumn, rule }: Diagnostic): Readonly<Record<string, string>> {
  const columns = line === endLine ? { col: `${column}`, endColumn: `${endColumn}` } : {}
  return { file: repositoryPath(file), line: `${line}`, endLine: `${endLine}`, ...columns, title: rule }
}

/** As the runner undoes it (actions/toolkit, `packages/core/src/command.ts`). */
const escapeData = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')

const escapeProperty = (text: string): string => escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
