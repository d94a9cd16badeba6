/** The result of an attack as people read it: what is not as the policy says, each with a request to do it again. */

import type { Untried } from '../../tools/attack/probe.ts'
import type { Finding, Report } from '../../tools/attack/run.ts'
import { printable } from '../printable.ts'
import { curlOf } from './curl.ts'
import type { Surroundings } from './formats.ts'

export function reportText({ sound, findings, untried, requests }: Report, surroundings: Surroundings): string {
  const counts = [...sound].map(
    ([guard, count]) => `  ${guard.padEnd(14)} ${String(count).padStart(5)} as the policies say`,
  )
  const left = [...Map.groupBy(untried, whyOf)].map(([why, { length }]) => `  ${length} × ${printable(why)}`)
  const total = [...sound.values()].reduce((sum, count) => sum + count, 0)
  return [
    ...findings.map((finding) => `${describe(finding, surroundings)}\n`),
    ...counts,
    ...(left.length > 0 ? ['', 'not tried:', ...left] : []),
    '',
    `${total} as the policies say, ${findings.length} not; ${requests} requests`,
    '',
  ].join('\n')
}

const whyOf = ({ guard, route, why }: Untried): string =>
  route === '' ? `${guard}: ${why}` : `${guard} of ${route}: ${why}`

function describe({ probe, message }: Finding, { url, paint }: Surroundings): string {
  const { file, line } = probe.source
  const head = `${paint('bold', `${printable(file)}:${line}`)}  ${paint('red', probe.guard)}  ${printable(probe.route)}: ${printable(probe.title)}`
  return `${head}\n   ${printable(message)}\n   ${paint('dim', printable(curlOf(url, probe.request)))}`
}
