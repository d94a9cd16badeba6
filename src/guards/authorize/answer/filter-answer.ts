/** The answer of a destination, cut to what the caller's roles may read; what cannot be cut is not passed on. */

import { type Answer, discard } from '../../../core/answer.ts'
import type { Judge } from '../../../core/decision.ts'
import { Denial, deny } from '../../../core/denial.ts'
import type { Exchange } from '../../../core/exchange.ts'
import type { JudgeField } from '../../../services/roles/field-reader.ts'
import type { Around } from '../../guard.ts'
import { askForWhole, headOfCut, headOfNone, isEncoded, jsonTypeOf } from './answer-head.ts'
import { filterItems } from './filter-items.ts'
import { BodyFault, readText } from './read-body.ts'

export interface AnswerFilter {
  /** Where the document or the list of them stands, as the segments of a JSON Pointer. */
  readonly at: readonly string[]
  readonly maxBytes: number
  /** What the caller may read of a document. */
  reader(exchange: Exchange): (read: () => unknown) => JudgeField
  /** Who judges. */
  readonly step: Judge
  /** The refusal of a caller who may read nothing of the one document there is. */
  refusal(cause: string): Denial
}

/** Makes what stands around a destination. */
export const filterAnswer =
  (filter: AnswerFilter): Around =>
  (exchange, call) => {
    askForWhole(exchange)
    const result = call()
    return result instanceof Promise
      ? result.then((settled) => judge(filter, exchange, settled))
      : judge(filter, exchange, result)
  }

export const isSafe = (method: string): boolean => method === 'GET' || method === 'HEAD'

/** A refusal says nothing of a document, and neither does an answer without a body. */
function judge(
  filter: AnswerFilter,
  exchange: Exchange,
  answer: Answer | Denial,
): Answer | Denial | Promise<Answer | Denial> {
  if (answer instanceof Denial) return answer
  const { status, headers, body } = answer
  if (exchange.method === 'HEAD' || status === 204 || status === 205 || status === 304 || body === undefined)
    return { ...answer, headers: headOfCut(headers) }
  if (status >= 300) return judgeOther(answer)
  if (status === 206) return fail(answer, 'a part of an answer cannot be cut')
  return cut(filter, exchange, answer)
}

/** A redirect or an error in other words than those made for errors may hold the document, in whatever form. */
function judgeOther(answer: Answer): Answer {
  const { headers } = answer
  const isProblem = jsonTypeOf(headers) === 'application/problem+json' && !isEncoded(headers)
  if (isProblem) return { ...answer, headers: headOfCut(headers) }
  discard(answer)
  return { ...answer, headers: headOfNone(headers), body: undefined }
}

function fail(answer: Answer, cause: string): Denial {
  discard(answer)
  return deny('upstream_failed', { cause })
}

export const notJson = 'an answer that is not JSON cannot be cut'

async function cut(filter: AnswerFilter, exchange: Exchange, answer: Answer): Promise<Answer | Denial> {
  const { headers } = answer
  if (isEncoded(headers)) return fail(answer, 'an answer in a content coding cannot be cut')
  try {
    const text = await readText(exchange, answer, filter.maxBytes)
    if (text === '') return { ...answer, headers: headOfCut(headers), body: undefined }
    if (jsonTypeOf(headers) === undefined) return fail(answer, notJson)
    return cutText(filter, exchange, { ...answer, body: text })
  } catch (error) {
    if (error instanceof BodyFault) return fail(answer, error.message)
    return fail(answer, `the answer could not be read: ${String(error)}`)
  }
}

/** What a method that changes something has done is done: its answer says so, without the document. */
function cutText(
  filter: AnswerFilter,
  exchange: Exchange,
  answer: Answer & { readonly body: string },
): Answer | Denial {
  const { text, withheld } = filterItems(answer.body, { at: filter.at, judge: filter.reader(exchange) })
  if (withheld.fields > 0 || withheld.items > 0) exchange.decision.withheld = withheld
  if (text !== undefined) return { ...answer, headers: headOfCut(answer.headers), body: text }
  if (!isSafe(exchange.method)) return { ...answer, headers: headOfNone(answer.headers), body: undefined }
  exchange.decision.judge = filter.step
  return filter.refusal(nothingLeft)
}

/** Why the one document there is does not go out. */
export const nothingLeft = 'no role of the caller may read what was found'
