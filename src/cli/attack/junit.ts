/** The result of an attack as a JUnit report: a suite a guard. */

import type { Finding, Report } from '../../tools/attack/run.ts'
import { Occurrences } from '../report/occurrences.ts'
import { element, escapeText } from '../report/xml.ts'
import { curlOf } from './curl.ts'
import type { Surroundings } from './formats.ts'

export function reportJunit({ sound, findings }: Report, { url }: Surroundings): string {
  const byGuard = Map.groupBy(findings, ({ probe }) => probe.guard)
  const guards = [...new Set([...sound.keys(), ...byGuard.keys()])]
  const suites = guards.map((guard) => suiteOf(guard, sound.get(guard) ?? 0, byGuard.get(guard) ?? [], url))
  const failures = findings.length
  const tests = failures + guards.filter((guard) => sound.has(guard)).length
  const root = element('testsuites', { name: 'portcullis attack', tests, failures, errors: 0 }, [...suites, '\n'])
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}\n`
}

/** What is sound is one case, under a name that does not change with every new route. */
function suiteOf(guard: string, sound: number, findings: readonly Finding[], url: string): string {
  const names = new Occurrences()
  const passed = sound > 0 ? [element('testcase', { name: 'as the policies say', classname: guard })] : []
  const failed = findings.map((finding) => {
    const title = `${finding.probe.route}: ${finding.probe.title}`
    const count = names.count(title)
    return element('testcase', { name: count === 1 ? title : `${title} (${count})`, classname: guard }, [
      failureOf(finding, url),
    ])
  })
  const cases = [...passed, ...failed].map((text) => `\n    ${text}`)
  return `\n  ${element('testsuite', { name: guard, tests: cases.length, failures: failed.length, errors: 0 }, [...cases, '\n  '])}`
}

function failureOf({ probe: { source, request }, message }: Finding, url: string): string {
  const text = [`${source.file}:${source.line}`, message, curlOf(url, request)].join('\n')
  return element('failure', { message }, [escapeText(text)])
}
