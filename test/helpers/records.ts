/** Lines as the audit log writes them. */

import { Chain } from '../../src/services/audit/chain.ts'

interface Told {
  readonly event?: string
  readonly outcome?: string
  readonly [member: string]: unknown
}

/** One record after another, chained. */
export function recordWriter(log = 'gate-0123abcd'): (told?: Told) => string {
  const chain = new Chain(log)
  return ({ event = 'data.read', outcome = 'allowed', ...rest } = {}) => {
    const members = { time: '2026-11-25T03:10:16.123Z', event, outcome, ...rest }
    const line = `${chain.prefix}${JSON.stringify(members).slice(1)}`
    chain.push(line)
    return line
  }
}
