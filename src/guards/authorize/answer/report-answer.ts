/** What a guard that only reports would do to an answer: the decision is told, and the answer goes out as it is. */

import { Readable } from 'node:stream'
import type { Answer } from '../../../core/answer.ts'
import { Denial, deny } from '../../../core/denial.ts'
import type { Exchange } from '../../../core/exchange.ts'
import type { Around } from '../../guard.ts'
import { jsonTypeOf, valuesOf } from './answer-head.ts'
import { decode } from './decode.ts'
import { type AnswerFilter, isSafe, nothingLeft, notJson } from './filter-answer.ts'
import { filterItems } from './filter-items.ts'
import { BodyFault, textOf } from './read-body.ts'
import { tee } from './tee.ts'

/** Makes what stands around a destination. The destination is asked as the client asks: what was sent encoded is decoded. */
export const reportAnswer =
  (filter: AnswerFilter): Around =>
  (exchange, call) => {
    const result = call()
    return result instanceof Promise
      ? result.then((settled) => watch(filter, exchange, settled))
      : watch(filter, exchange, result)
  }

function watch(filter: AnswerFilter, exchange: Exchange, answer: Answer | Denial) {
  if (answer instanceof Denial || !isJudged(exchange, answer) || isReported(filter, exchange)) return answer
  const { body, headers } = answer
  const most = jsonTypeOf(headers) === undefined ? 0 : filter.maxBytes
  const tell = (bytes: Uint8Array | undefined): Promise<void> => report(filter, exchange, { headers, bytes })
  if (body instanceof Readable) return { ...answer, body: tee(body, most, tell) }
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  return tell(bytes).then(() => answer)
}

/** A part says nothing of the whole; errors and redirects would go out without their body. */
function isJudged({ method }: Exchange, { status, body }: Answer): boolean {
  if (method === 'HEAD' || status === 204 || status === 205 || status === 206 || status >= 300) return false
  return body instanceof Readable ? !body.destroyed && !body.readableEnded : body !== undefined
}

/** A request that would not have come so far is told of once. */
const isReported = ({ step }: AnswerFilter, { decision }: Exchange): boolean =>
  decision.reported.some(({ judge }) => judge === step)

interface Whole extends Pick<Answer, 'headers'> {
  /** None where there were more than are kept. */
  readonly bytes: Uint8Array | undefined
}

/** Never rejects: what cannot be judged goes out as well as what can. */
async function report(filter: AnswerFilter, exchange: Exchange, { headers, bytes }: Whole): Promise<void> {
  const refuse = (denial: Denial) => void exchange.decision.reported.push({ judge: filter.step, denial })
  const fail = (cause: string) => refuse(deny('upstream_failed', { cause }))
  if (bytes?.length === 0) return
  if (jsonTypeOf(headers) === undefined) return fail(notJson)
  try {
    const whole = bytes && (await decode(bytes, valuesOf(headers, 'content-encoding'), filter.maxBytes))
    if (whole === 'unknown') return
    if (whole === undefined || whole.length > filter.maxBytes)
      return fail(`the answer is longer than ${filter.maxBytes} bytes`)
    const { text, withheld } = filterItems(textOf(whole), { at: filter.at, judge: filter.reader(exchange) })
    if (withheld.fields > 0 || withheld.items > 0) exchange.decision.withheld = { ...withheld, reportOnly: true }
    if (text === undefined && isSafe(exchange.method)) refuse(filter.refusal(nothingLeft))
  } catch (error) {
    fail(error instanceof BodyFault ? error.message : `the answer could not be read: ${String(error)}`)
  }
}
