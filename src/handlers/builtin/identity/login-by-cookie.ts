/** `builtin: { login: cookie }`: the session is kept by a browser, in a cookie that no script and no other site reads. */

import type { Answer } from '../../../core/answer.ts'
import { valuesOf } from '../../../core/cookie.ts'
import type { Exchange } from '../../../core/exchange.ts'
import { keepSession, sessionCookie } from '../../../services/identity/session-cookie.ts'
import type { Services } from '../../../services/services.ts'
import { jsonAnswer } from '../json-answer.ts'
import { revokeSessions } from './identity-route.ts'
import { refuseInClear } from './in-clear.ts'
import { defineLogin, type Started } from './login.ts'

/** The token goes into the cookie alone; seconds until the session is over if nobody uses it. */
export const loginByCookie = defineLogin({
  answers: {
    200: {
      description: 'The session has begun, and the browser keeps it in a cookie.',
      content: { 'application/json': { example: { expires_in: 1_209_600 } } },
    },
  },
  refusals: ['tls_required'],
  refuse: refuseInClear,
  // There is no cookie yet: another site could log its visitors in as somebody of its own.
  implies: { csrf: Object.freeze({}) },
  clientOf: ({ cookies }) => cookies.client,
  async give(exchange, started, services) {
    await endPrevious(exchange, started, services)
    const { token, session, identity } = started
    const answer = jsonAnswer(200, { expires_in: Math.floor((session.expiresAt - session.createdAt) / 1_000) })
    return withCookie(answer, keepSession(token, identity.rules.absolute))
  },
})

const withCookie = (answer: Answer, cookie: string): Answer => ({
  ...answer,
  headers: [...answer.headers, 'Set-Cookie', cookie],
})

/** A browser has one session: the one that it comes with ends, whosever it is. */
async function endPrevious(exchange: Exchange, { identity }: Started, services: Services): Promise<void> {
  const [token, ...others] = valuesOf(exchange.ctx.req.headers.cookie, sessionCookie)
  if (token === undefined || others.length > 0) return
  const previous = await identity.cookies.find(token)
  if (previous === undefined) return
  await identity.store.sessions.end(previous, 'replaced', identity.revoked)
  await revokeSessions([previous.id], identity, services)
}
