/** The keys of session tickets: each holds for an hour, and none leads back to those before it (RFC 9325 §3.4). */

import { createHash, hkdfSync, randomBytes } from 'node:crypto'

/** What the processes of a node share, so that each resumes the sessions of the others. */
export interface TicketSeed {
  /** Of this hour. */
  readonly hour: number
  /** In hex. */
  readonly state: string
}

const hourMs = 3_600_000
const hourOf = (now: number): number => Math.floor(now / hourMs)

/** After so long a standstill nobody has a ticket from before. */
const mostSteps = 48

export const newTicketSeed = (now: number): TicketSeed => ({
  hour: hourOf(now),
  state: randomBytes(32).toString('hex'),
})

const derive = (state: Buffer, info: string, length: number): Buffer =>
  Buffer.from(hkdfSync('sha256', state, '', info, length))

export class TicketKeys {
  #hour: number
  #state: Buffer

  constructor({ hour, state }: TicketSeed) {
    this.#hour = hour
    this.#state = Buffer.from(state, 'hex')
  }

  /** For a process that starts now; it cannot compute what was before. */
  seed(now: number): TicketSeed {
    this.#advance(now)
    return { hour: this.#hour, state: this.#state.toString('hex') }
  }

  /** The 48 bytes that node takes; others for each `audience`, such as the authorities of client certificates. */
  at(now: number, audience = ''): Buffer {
    this.#advance(now)
    return derive(this.#state, `ticket ${createHash('sha256').update(audience).digest('hex')}`, 48)
  }

  /** A clock that is set back changes nothing. */
  #advance(now: number): void {
    const hour = hourOf(now)
    if (hour - this.#hour > mostSteps) this.#hour = hour - mostSteps
    for (; this.#hour < hour; this.#hour++) this.#state = derive(this.#state, 'next', 32)
  }
}
