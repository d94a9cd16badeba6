/** Whether an answer is what the policy says. */

import { type Code, catalogue } from '../../core/denial.ts'
import type { Answer, Expectation, Probe } from './probe.ts'

/** What it is in place of what it has to be; undefined where it is that. */
export function judge({ expected, headers = {} }: Probe, answer: Answer): string | undefined {
  return judgeAnswer(expected, answer) ?? judgeHeaders(headers, answer)
}

/** The code of a refusal, as our bodies name it. */
export function codeOf({ body, status }: Answer): Code | undefined {
  const code = status < 400 ? undefined : /"code":"([a-z_]+)"/.exec(body)?.[1]
  return code !== undefined && Object.hasOwn(catalogue, code) ? (code as Code) : undefined
}

function judgeAnswer(expected: Expectation, answer: Answer): string | undefined {
  const code = codeOf(answer)
  const was = `it was answered ${answer.status}${code === undefined ? '' : ` \`${code}\``}`
  if (expected.kind === 'timely')
    return answer.milliseconds <= expected.within + slack
      ? undefined
      : `expected an answer within ${seconds(expected.within)}, it took ${seconds(answer.milliseconds)}`
  if (expected.kind === 'answered')
    return answer.status === expected.status ? undefined : `expected ${expected.status}, ${was}`
  const isAmong = isRefusedBy(expected.codes, answer)
  if (expected.kind === 'refused')
    return isAmong ? undefined : `expected ${expected.codes.map(describe).join(' or ')}, ${was}`
  return isAmong ? `expected it to pass, ${was}` : undefined
}

/** Milliseconds for the way there and back. */
const slack = 1_000

const seconds = (milliseconds: number): string => `${(milliseconds / 1_000).toFixed(1)} s`

const describe = (code: Code): string => `${catalogue[code].status} \`${code}\``

/** By status alone where the server names no code. */
export function isRefusedBy(codes: readonly Code[], answer: Answer): boolean {
  const code = codeOf(answer)
  if (code !== undefined) return codes.includes(code)
  return codes.some((each) => catalogue[each].status === answer.status)
}

function judgeHeaders(wanted: NonNullable<Probe['headers']>, { headers }: Answer): string | undefined {
  const wrong = Object.entries(wanted).find(([name, value]) => headers[name.toLowerCase()] !== value)
  if (wrong === undefined) return undefined
  const [name, value] = wrong
  const was = headers[name.toLowerCase()]
  return `expected ${value === undefined ? `no \`${name}\`` : `\`${name}: ${value}\``}, ${was === undefined ? 'there is none' : `it is \`${was}\``}`
}
