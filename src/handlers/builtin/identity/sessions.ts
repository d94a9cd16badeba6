/** `builtin: sessions`: where the caller is logged in. */

import type { Exchange } from '../../../core/exchange.ts'
import type { Session } from '../../../services/accounts/refresh/session.ts'
import type { Builtin } from '../about.ts'
import { jsonAnswer } from '../json-answer.ts'
import { identityOf } from './identity-route.ts'

/** Nobody reads more; the latest are told. */
const mostTold = 100

const example = {
  sessions: [
    {
      id: '5f1c…',
      created: '2026-01-02T08:00:00.000Z',
      lastUsed: '2026-01-02T09:30:00.000Z',
      expires: '2026-01-16T09:30:00.000Z',
      address: '198.51.100.7',
      agent: 'Mozilla/5.0 …',
      current: true,
    },
  ],
}

export const sessions: Builtin = {
  answers: { 200: { description: 'Sessions, the latest first.', content: { 'application/json': { example } } } },
  refusals: ['state_unavailable'],
  compile(services) {
    const identity = identityOf(services)
    return ({ principal }) =>
      identity.attempt(async () => {
        const live = await identity.store.sessions.list(principal.id, mostTold)
        return jsonAnswer(200, { sessions: live.map((session) => describe(session, principal)) })
      })
  },
}

const describe = ({ id, details, ...times }: Session, { claims }: Exchange['principal']) => ({
  id,
  created: instant(times.createdAt),
  lastUsed: instant(times.usedAt),
  expires: instant(times.expiresAt),
  address: details.address,
  agent: details.agent,
  current: claims.sid === id,
})

const instant = (time: number): string => new Date(time).toISOString()
