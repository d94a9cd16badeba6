/** `handler: next`: an allowed request goes on to the app that the gate is mounted in. */

import type { Answer } from '../core/answer.ts'
import { Denial } from '../core/denial.ts'
import type { Exchange } from '../core/exchange.ts'

/** Stands in place of an answer. Of no status that HTTP has, so that it can never be sent as one. */
export const onward: Answer = Object.freeze({ status: 0, headers: [] })

export const isNext = (block: unknown): boolean => block === 'next'

/** Why the body cannot go on, if it cannot; one that nobody read is bounded from here on. */
export function handOver({ body }: Exchange): Denial | undefined {
  const stream = body.present && !body.taken ? body.stream() : undefined
  return stream instanceof Denial ? stream : undefined
}

export const nextDestination = (exchange: Exchange): Answer | Denial => handOver(exchange) ?? onward
