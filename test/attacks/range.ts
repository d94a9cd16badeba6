/** Payloads of injection lists, and a gate before a destination that remembers: what is refused, and what arrives. */

import { readFileSync } from 'node:fs'
import type { ExecutionContext } from 'ava'
import { type Gate, openGate } from '../helpers/gate.ts'
import { ask, type RawAnswer } from '../helpers/raw.ts'
import { type Arrived, openDestination } from './destination.ts'
import { inParallel, type Written, write } from './raw-request.ts'

const read = (name: string) => JSON.parse(readFileSync(new URL(`../fixtures/naughty/${name}`, import.meta.url), 'utf8'))

/** Each string once. */
export const payloads: readonly string[] = [
  ...new Set<string>([...read('strings.json'), ...Object.values<string[]>(read('injections.json')).flat()]),
]

/** Works through all payloads; the lists are long and machines slow. */
export function eachPayload(t: ExecutionContext, work: (payload: string) => Promise<unknown>): Promise<void> {
  t.timeout(300_000)
  return inParallel(payloads, 8, work)
}

export interface Outcome {
  readonly answer: RawAnswer
  /** What reached the destination, if anything did. */
  readonly arrived: Arrived | undefined
}

export interface Range {
  readonly gate: Gate
  /** Sends, and finds what reached the destination of it. */
  send(sent: Written): Promise<Outcome>
  close(): Promise<void>
}

/** Opens a gate whose policy goes to the destination. */
export async function openRange(policy: (upstream: string) => string): Promise<Range> {
  const destination = await openDestination()
  const gate = await openGate({ 'echo.yaml': policy(destination.url) })
  let id = 0
  return {
    gate,
    async send(sent) {
      const mark = `case-${id++}`
      const answer = await ask(gate.port, write({ ...sent, headers: `X-Case: ${mark}\r\n${sent.headers ?? ''}` }))
      const arrived = destination.arrived.filter(({ headers }) => headers['x-case'] === mark)
      if (arrived.length > 1) throw new Error(`${mark} arrived ${arrived.length} times`)
      return { answer, arrived: arrived[0] }
    },
    async close() {
      await gate.close()
      destination.close()
    },
  }
}

/** A refusal of the catalogue, which did not reach the destination and says nothing of what it refused but names. */
export function isRefused(
  t: ExecutionContext,
  { answer, arrived }: Outcome,
  statuses: readonly number[],
  payload: string,
): void {
  t.is(arrived, undefined, payload)
  t.true(statuses.includes(answer.status), `${answer.status} for ${JSON.stringify(payload)}`)
  t.is(answer.headers.get('content-type'), 'application/json')
  t.is(answer.headers.get('x-content-type-options'), 'nosniff')
  t.false(answer.headers.has('x-evil') || answer.headers.has('set-cookie'))
  const { details = [], requestId, ...said } = JSON.parse(answer.body)
  const texts = JSON.stringify([said, details.map((detail: { message: string }) => detail.message)])
  if (payload.length > 8) t.false(texts.includes(JSON.stringify(payload).slice(1, -1)), payload)
}

const prototypes = [Object.prototype, Array.prototype, String.prototype, Function.prototype, Map.prototype]
const own = () => prototypes.map((prototype) => Reflect.ownKeys(prototype))
const before = own()

/** No prototype of this process, which the gate runs in, was touched. */
export function isUnpolluted(t: ExecutionContext): void {
  t.deepEqual(own(), before)
  t.false('polluted' in {})
}
