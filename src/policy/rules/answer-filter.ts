/** Answers that are to be cut, where there is nothing to cut, or nobody who could. */

import { cutsAnswer } from '../../guards/authorize/answer/answer-block.ts'
import { isNext } from '../../handlers/next.ts'
import { isAbout, isInverted } from '../../services/roles/rule.ts'
import { excuse } from '../excuse.ts'
import type { Finding } from '../findings.ts'
import { below } from '../source.ts'
import { type Authorization, authorizationsOf } from './authorize-rule.ts'
import { defineRule } from './rule.ts'

const rules = {
  'authorize/answer-next': {
    severity: 'error',
    cause: 'The app around the gate answers by itself: what it writes is never seen whole, so nothing can be cut.',
    hint: 'cut the answer in the app, or name its handler: `./orders.ts#list`',
  },
  'authorize/answer-idle': {
    severity: 'warning',
    cause:
      'Every role that allows the action allows all of the resource: answers are read whole, and nothing is left out.',
    hint: 'give a rule `fields` or `when`, or drop `answer`',
    excusable: true,
  },
} as const

export const answerFilter = defineRule({
  rules,
  check: (policy) =>
    authorizationsOf(policy).flatMap((found) =>
      excuse(findingsOf(found), found.block.because ?? found.route.because, rules),
    ),
})

function findingsOf({ route, block: { at }, value, roles }: Authorization): readonly Finding[] {
  const { answer, subject, action } = value
  if (!cutsAnswer(answer)) return []
  const place = { at: below(at, 'answer'), onKey: true }
  const onward = route.destinations.some(({ handler, value: block }) => handler.name === 'handler' && isNext(block))
  if (onward)
    return [{ ...place, rule: 'authorize/answer-next', message: 'the answer of `handler: next` cannot be cut' }]
  const asked = { subject, action: (typeof answer === 'object' ? answer.action : undefined) ?? action }
  const about = roles.flatMap((role) => role.value).filter((rule) => isAbout(rule, asked))
  const limits = about.some(({ fields, when }) => fields !== undefined || when !== undefined)
  if (limits || !about.some((rule) => !isInverted(rule))) return []
  const message = `no rule for \`${asked.action}\` on \`${subject}\` has \`fields\` or \`when\``
  return [{ ...place, rule: 'authorize/answer-idle', message }]
}
