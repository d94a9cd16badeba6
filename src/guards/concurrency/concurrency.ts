/** The `concurrency` guard: how many requests run at the same time. */

import { type Denial, deny } from '../../core/denial.ts'
import type { Exchange } from '../../core/exchange.ts'
import { describeBy } from '../../services/counters/by.ts'
import { compileKey } from '../../services/counters/client-key.ts'
import type { SlotPool, Terms } from '../../services/counters/slots.ts'
import type { OperationPart } from '../../services/openapi.ts'
import { defineGuard } from '../guard.ts'
import { checkConcurrency, concurrencyRules } from './check-concurrency.ts'
import { type ConcurrencyBlock, concurrencySchema, identityOfSlots, keyOf, termsOf } from './concurrency-block.ts'

export const concurrency = defineGuard<ConcurrencyBlock>({
  name: 'concurrency',
  summary:
    'How many requests run at the same time; what is more waits in a queue for a while, and is refused with 503.',
  example: 'concurrency: { by: user, max: 2, queue: 10, wait: 500ms }',
  schema: concurrencySchema,
  expressions: ['by'],
  refuses: ['overloaded'],
  reportable: true,
  rules: concurrencyRules,
  check: checkConcurrency,
  describe: describeConcurrency,
  compile(block, site, { slots }) {
    const id = identityOfSlots(block, site.owner)
    const isReported = site.route.reportOnly.includes('concurrency')
    const decide = takeSlot({
      pool: block.shared ? slots.sharedPool(id) : slots.pool(id),
      read: compileKey(keyOf(block)).read,
      // Where nobody is refused, nobody is held up either.
      terms: isReported ? { ...termsOf(block), queue: 0 } : termsOf(block),
      ...refusalsOf(id, termsOf(block)),
    })
    const source = Object.freeze({ file: site.file, line: site.line })
    return { steps: [{ guard: 'concurrency', gate: 'concurrency', source, decide }] }
  },
})

interface Taking {
  readonly pool: SlotPool
  readonly read: (exchange: Exchange) => string
  readonly terms: Terms
  readonly full: Denial
  readonly late: Denial
}

/** The slot is held until the exchange is over; a client that goes away leaves the queue at once. */
function takeSlot({ pool, read, terms, full, late }: Taking) {
  return function concurrencyGuard(exchange: Exchange): Denial | undefined | Promise<Denial | undefined> {
    const ticket = pool.take(read(exchange), terms)
    if (ticket === undefined) return full
    exchange.defer(() => ticket.giveBack())
    return ticket.turn?.then((held) => (held ? undefined : ticket.wasFull ? full : late))
  }
}

/** Nobody knows when a slot will be free: who comes back after as long as one may wait finds another queue. */
function refusalsOf(id: string, { wait }: Terms): Pick<Taking, 'full' | 'late'> {
  const headers = ['Retry-After', `${Math.ceil(wait / 1_000)}`]
  return {
    full: deny('overloaded', { headers, cause: `the slots of \`${id}\` are taken, and so is its queue` }),
    late: deny('overloaded', { headers, cause: `no slot of \`${id}\` was free in time` }),
  }
}

function describeConcurrency(block: ConcurrencyBlock): OperationPart {
  const { queue = 0, wait = '1s', max, shared } = block
  const by = keyOf(block)
  const waiting = queue === 0 ? '' : ` Up to ${queue} more wait, each for ${wait} at most.`
  return {
    notes: [`At most ${max} at the same time ${describeBy(by)}.${waiting}`],
    extensions: { 'x-concurrency': { by, max, queue, ...(queue > 0 && { wait }), ...(shared && { shared }) } },
  }
}
