/** Findings as SARIF 2.1.0 (OASIS), which code scanning of GitHub and many editors read. */

import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import type { Diagnostic, Range } from '../../core/diagnostic.ts'
import { allRules } from '../../policy/rules/index.ts'
import { Occurrences } from './occurrences.ts'
import type { Findings } from './report.ts'
import { repositoryPath } from './repository-path.ts'
import { SourceLines } from './source-lines.ts'

const schema = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json'

/** GitHub refuses a file with more results in one run. */
const maxResults = 25_000

/** One run; of too many findings the errors come first, and a notification says how many are left out. */
export function reportSarif({ diagnostics }: Findings): string {
  const kept = errorsFirst(diagnostics).slice(0, maxResults)
  const ids = [...new Set(kept.map(({ rule }) => rule))].sort()
  const run = {
    tool: { driver: { name: 'Portcullis', version: readVersion(), rules: ids.map(ruleOf) } },
    columnKind: 'utf16CodeUnits',
    invocations: [invocationOf(diagnostics.length - kept.length)],
    results: resultsOf(kept, ids),
  }
  return `${JSON.stringify({ $schema: schema, version: '2.1.0', runs: [run] }, null, 2)}\n`
}

const errorsFirst = (diagnostics: readonly Diagnostic[]): readonly Diagnostic[] =>
  diagnostics.length <= maxResults
    ? diagnostics
    : diagnostics.toSorted((a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'))

/** Of this package: its description lies at the same distance from `src` and from `dist`. */
function readVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'))
  return version
}

/** What the reference says of a rule; GitHub wants both descriptions. */
function ruleOf(id: string) {
  const rule = allRules[id]
  if (rule === undefined) throw new Error(`no rule is named ${id}`)
  return {
    id,
    shortDescription: messageOf(rule.cause),
    fullDescription: messageOf(`${rule.cause} To mend it: ${rule.hint}.`),
    help: messageOf(rule.hint),
    defaultConfiguration: { level: rule.severity },
  }
}

function invocationOf(leftOut: number) {
  if (leftOut === 0) return { executionSuccessful: true }
  const text = `${leftOut} further findings are left out: GitHub takes ${maxResults} results a run`
  return { executionSuccessful: true, toolExecutionNotifications: [{ level: 'warning', message: messageOf(text) }] }
}

/**
 * A text as a message string: braces are doubled, or they would be placeholders (§3.11.5); where something reads as a link,
 * brackets and backslashes are escaped (§3.11.6, as 2.2 makes it clear), elsewhere viewers show them as they are.
 */
function messageOf(text: string) {
  const literal = text.includes('](') ? text.replace(/[\\[\]]/g, '\\$&') : text
  return { text: literal.replace(/[{}]/g, '$&$&') }
}

function resultsOf(diagnostics: readonly Diagnostic[], ids: readonly string[]) {
  const indexes = new Map(ids.map((id, index) => [id, index]))
  const fingerprints = new Fingerprints()
  return diagnostics.map((diagnostic) => {
    const { rule, severity, message, hint, related = [] } = diagnostic
    return {
      ruleId: rule,
      ruleIndex: indexes.get(rule),
      level: severity,
      message: messageOf(`${message}\nhint: ${hint}`),
      locations: [locationOf(diagnostic)],
      ...(related.length > 0 && {
        relatedLocations: related.map((place) => ({ ...locationOf(place), message: messageOf(place.message) })),
      }),
      partialFingerprints: { 'findingHash/v1': fingerprints.of(diagnostic) },
    }
  })
}

/** Both count from 1, and both ends are exclusive (§3.30.8). */
const locationOf = ({ file, line, column, endLine, endColumn }: Range) => ({
  physicalLocation: {
    artifactLocation: artifactOf(repositoryPath(file)),
    region: { startLine: line, startColumn: column, endLine, endColumn },
  },
})

/** Relative to the top of the repository, which the reader of the report knows (§3.14.14). */
const artifactOf = (path: string) =>
  path.startsWith('/') || /^[A-Za-z]:\//.test(path)
    ? { uri: pathToFileURL(path).href }
    : { uri: path.toWellFormed().split('/').map(encodeURIComponent).join('/'), uriBaseId: '%SRCROOT%' }

/** What stays the same when the lines around a finding move; the nth of several alike is told by its number. */
class Fingerprints {
  readonly #sources = new SourceLines()
  readonly #alike = new Occurrences()

  of({ file, line, rule, message }: Diagnostic): string {
    const text = this.#sources.of(file)[line - 1]?.trim() ?? ''
    const parts = JSON.stringify([rule, repositoryPath(file), message, text])
    return `${hash('sha256', parts).slice(0, 32)}:${this.#alike.count(parts)}`
  }
}
