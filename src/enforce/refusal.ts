/** A denial as the client reads it: the house's JSON, or RFC 9457 for a client that accepts it. */

import type { Answer } from '../core/answer.ts'
import { catalogue, type Denial } from '../core/denial.ts'
import type { Exchange } from '../core/exchange.ts'

const json = ['Content-Type', 'application/json', 'Cache-Control', 'no-store']
const problemJson = ['Content-Type', 'application/problem+json', 'Cache-Control', 'no-store']

/** Renders a denial; nothing of its cause is in it. */
export function refusal(denial: Denial, { ctx, requestId }: Exchange): Answer {
  const problem = acceptsProblem(ctx.req.headers.accept)
  const { status, code, message, details } = denial
  const body = problem
    ? {
        type: `urn:portcullis:${code}`,
        title: catalogue[code].message,
        status,
        detail: message,
        code,
        requestId,
        details,
      }
    : { status: 'error', code, message, requestId, details }
  return { status, headers: [...(problem ? problemJson : json), ...denial.headers], body: JSON.stringify(body) }
}

/** Refuses a request: the denial is noted as what was decided, and rendered. */
export function refuse(exchange: Exchange, denial: Denial): Answer {
  exchange.decision.denial = denial
  return refusal(denial, exchange)
}

/** Whether `Accept` names `application/problem+json`, and prefers no plain JSON to it (RFC 9110 §12.5.1). */
export function acceptsProblem(accept: string | undefined): boolean {
  if (accept === undefined || !/problem/i.test(accept)) return false
  const ranges = accept.toLowerCase().split(',').map(readRange)
  const qualityOf = (type: string) =>
    Math.max(0, ...ranges.filter((range) => range.type === type).map(({ quality }) => quality))
  const quality = qualityOf('application/problem+json')
  return quality > 0 && quality >= qualityOf('application/json')
}

function readRange(range: string): { readonly type: string; readonly quality: number } {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim())
  const weight = parameters.find((parameter) => parameter.startsWith('q='))
  if (weight === undefined) return { type, quality: 1 }
  return { type, quality: /^q=(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(weight) ? Number(weight.slice(2)) : 0 }
}
