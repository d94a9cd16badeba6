/** The `reply` destination: one fixed answer, written in the policy. */

import type { Answer } from '../core/answer.ts'
import { unheard } from '../core/banners.ts'
import type { Fault } from '../core/diagnostic.ts'
import { hasReference } from '../core/expression.ts'
import { isFieldName, isFieldValue } from '../core/field.ts'
import { hopByHop } from '../core/hop-by-hop.ts'
import { any, type Infer, integer, object, record, string } from '../schema/builder.ts'
import { defineHandler } from './handler.ts'

const schema = object({
  'status?': integer({ minimum: 200, maximum: 599, examples: [200], description: 'The status; 200 unless told.' }),
  'headers?': record(string(), { description: 'Set on the answer.' }),
  'body?': any({ description: 'A text goes out as it is, anything else as JSON.' }),
})

type Block = Infer<typeof schema>

const bodyless: ReadonlySet<unknown> = new Set([204, 205, 304])

function checkHeader([name, text]: readonly [string, string]): readonly Fault[] {
  const fault = (message: string): Fault => ({ rule: 'reply/invalid-header', path: ['headers', name], message })
  if (!isFieldName(name)) return [{ ...fault(`\`${name}\` is no header name`), onKey: true }]
  if (hopByHop.has(name.toLowerCase()) || name.toLowerCase() === 'content-length') {
    return [{ ...fault(`\`${name}\` is set by the server`), onKey: true }]
  }
  const lower = name.toLowerCase()
  if (unheard.has(lower) || lower.startsWith('access-control-')) {
    const hint = lower.startsWith('access-control-')
      ? 'it is said by `cors`'
      : 'it is sent where `headers: { set: … }` says it'
    return [{ ...fault(`\`${name}\` of a destination is not sent`), hint, onKey: true }]
  }
  if (hasReference(text) || isFieldValue(text)) return []
  return [fault('expected printable ASCII, without spaces at its ends')]
}

function checkReply({ status, headers = {}, body }: Block): readonly Fault[] {
  const faults = Object.entries(headers).flatMap(checkHeader)
  if (body === undefined || !bodyless.has(status)) return faults
  return [
    ...faults,
    { rule: 'reply/body-not-allowed', path: ['body'], message: `an answer of status ${status} has no body` },
  ]
}

/** The answer, written once. */
function writeAnswer({ status = 200, headers = {}, body }: Block): Answer {
  const flat = Object.entries(headers).flat()
  if (body === undefined) return { status, headers: flat }
  const typed = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type')
  const isText = typeof body === 'string'
  if (!typed) flat.push('Content-Type', isText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8')
  return { status, headers: flat, body: Buffer.from(isText ? body : JSON.stringify(body)) }
}

export const reply = defineHandler<Block>({
  name: 'reply',
  summary: 'Answers with a fixed status, headers and body.',
  example: 'reply: { status: 410, body: { message: This API has moved } }',
  schema,
  refuses: [],
  rules: {
    'reply/invalid-header': {
      severity: 'error',
      cause: 'A header is a name and a value of printable ASCII; those that frame the answer are set by the server.',
      hint: 'take it out, or write it in printable ASCII',
    },
    'reply/body-not-allowed': {
      severity: 'error',
      cause: 'Answers of status 204, 205 and 304 have no body (RFC 9110 §15).',
      hint: 'take `body` out, or choose another status',
    },
  },
  check: checkReply,
  describe({ status = 200, headers = {}, body }) {
    const [, written] = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-type') ?? []
    const type = (written ?? (typeof body === 'string' ? 'text/plain' : 'application/json')).split(';', 1)[0] ?? ''
    const content = body === undefined ? {} : { content: { [type.trim()]: { example: body } } }
    return { answers: { [status]: { description: 'A fixed answer.', ...content } } }
  },
  compile(block) {
    const answer = Object.freeze(writeAnswer(block))
    return function replyDestination() {
      return answer
    }
  },
})
