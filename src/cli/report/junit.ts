/** Findings as a JUnit report, which Jenkins, GitLab and most other CI systems read: one suite a policy file. */

import type { Diagnostic, Range } from '../../core/diagnostic.ts'
import { Occurrences } from './occurrences.ts'
import type { Findings } from './report.ts'
import { repositoryPath } from './repository-path.ts'
import { element, escapeText } from './xml.ts'

/** A file without findings is one passed case; a finding is a failed one, or a passed one with output where it only warns. */
export function reportJunit(findings: Findings): string {
  const suites = suitesOf(findings)
  const counts = countsOf(suites.flatMap(({ cases }) => cases))
  const written = suites.map(({ file, cases }) =>
    element('testsuite', { name: file, file, ...countsOf(cases) }, [
      ...cases.map(({ text }) => `\n    ${text}`),
      '\n  ',
    ]),
  )
  const root = element('testsuites', { name: 'portcullis check', ...counts }, [
    ...written.map((suite) => `\n  ${suite}`),
    '\n',
  ])
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}\n`
}

interface Case {
  readonly failed: boolean
  readonly text: string
}

interface Suite {
  readonly file: string
  readonly cases: readonly Case[]
}

const countsOf = (cases: readonly Case[]) => ({
  tests: cases.length,
  failures: cases.filter(({ failed }) => failed).length,
  errors: 0,
})

/** By file name; findings may be in files that could not be read. */
function suitesOf({ diagnostics, files, warningsFail }: Findings): readonly Suite[] {
  const byFile = new Map<string, Diagnostic[]>(files.map((file) => [file, []]))
  for (const diagnostic of diagnostics) {
    const found = byFile.get(diagnostic.file) ?? []
    byFile.set(diagnostic.file, found)
    found.push(diagnostic)
  }
  const sorted = [...byFile].sort(([one], [other]) => (one < other ? -1 : 1))
  return sorted.map(([name, found]) => {
    const file = repositoryPath(name)
    return { file, cases: found.length === 0 ? [cleanCase(file)] : casesOf(file, found, warningsFail) }
  })
}

const cleanCase = (file: string): Case => ({
  failed: false,
  text: element('testcase', { name: 'no findings', classname: file }),
})

/** Names stay when lines move, and are told apart: CI systems compare runs by them. */
function casesOf(file: string, found: readonly Diagnostic[], warningsFail: boolean): readonly Case[] {
  const names = new Occurrences()
  return found.map((diagnostic) => {
    const { rule, message, severity } = diagnostic
    const title = `${rule}: ${message}`
    const count = names.count(title)
    const name = count === 1 ? title : `${title} (${count})`
    const failed = warningsFail || severity === 'error'
    return { failed, text: element('testcase', { name, classname: file }, [outcomeOf(diagnostic, failed)]) }
  })
}

function outcomeOf(diagnostic: Diagnostic, failed: boolean): string {
  const { severity, rule, message, hint, related = [] } = diagnostic
  const at = (place: Range): string => `${repositoryPath(place.file)}:${place.line}:${place.column}`
  const places = related.map((place) => `${at(place)}  ${place.message}`)
  const lines = [`${at(diagnostic)}  ${severity}  ${rule}  ${message}`, ...places, `hint: ${hint}`]
  const text = escapeText(lines.join('\n'))
  return failed ? element('failure', { type: rule, message }, [text]) : element('system-out', {}, [text])
}
