/** Revokes, and puts on record that it was done. */

import { type Operator, writeOperator } from '../audit/operator.ts'
import { brief } from '../audit/value.ts'
import type { World } from '../services.ts'
import { beforeEntry, type Entry, sessionEntry, type Times, tokenEntry, userEntry } from './entry.ts'
import type { Reach, Revocation } from './revocation.ts'

/** Which tokens: of a `token` id, of a `user`, of a `session`, or all `before` a time, of one issuer where it is named. */
export type Order = Omit<Times, 'now'> & {
  /** Who gave the command, where it was one. */
  readonly operator?: Operator | undefined
} & (
    | { readonly kind: 'token' | 'user' | 'session'; readonly issuer: string; readonly id: string }
    | { readonly kind: 'before'; readonly issuer: string | undefined; readonly time: number }
  )

interface RevokeWorld extends Pick<World, 'clock' | 'audit' | 'log'> {
  readonly revocation: Pick<Revocation, 'revoke'>
}

/** Rejects as `Revocation.revoke` does; that is on record, too. */
export async function revoke(order: Order, { revocation, clock, audit, log }: RevokeWorld): Promise<Reach> {
  const revoked = describe(order)
  const operator = order.operator && writeOperator(order.operator)
  try {
    const reach = await revocation.revoke(entryOf(order, clock.now()))
    audit.append({ event: 'auth.revoked', outcome: 'done', operator, revoked, reach })
    log.info({ kind: order.kind, issuer: order.issuer, reach }, 'tokens were revoked')
    return reach
  } catch (error) {
    audit.append({ event: 'auth.revoked', outcome: 'failed', operator, revoked })
    throw error
  }
}

function entryOf(order: Order, now: number): Entry {
  const times = { now, time: order.time, until: order.until }
  if (order.kind === 'before') return beforeEntry(order.issuer, times)
  return entryKinds[order.kind](order.issuer, order.id, times)
}

const entryKinds = { token: tokenEntry, user: userEntry, session: sessionEntry } as const

function describe(order: Order) {
  return {
    kind: order.kind,
    issuer: order.issuer && brief(order.issuer),
    id: order.kind === 'before' ? undefined : brief(order.id),
    time: instant(order.time),
    until: instant(order.until),
  }
}

const instant = (time: number | undefined): string | undefined =>
  time === undefined ? undefined : new Date(time).toISOString()
