/** `builtin: me`: whom the credential stands for. */

import type { Builtin } from '../about.ts'
import { jsonAnswer } from '../json-answer.ts'
import { callerInvalid, identityOf } from './identity-route.ts'

const example = { id: '0f8b…', username: 'alice', scopes: ['orders:read'], roles: ['customer'] }

export const me: Builtin = {
  answers: { 200: { description: 'The account.', content: { 'application/json': { example } } } },
  refusals: ['token_invalid', 'credential_invalid', 'state_unavailable'],
  compile(services) {
    const identity = identityOf(services)
    return (exchange) =>
      identity.attempt(async () => {
        const { id, scopes, roles } = exchange.principal
        const account = await identity.store.accounts.find(id)
        if (account === undefined || account.disabledAt !== undefined)
          return callerInvalid(exchange, 'the credential stands for no account that may log in')
        return jsonAnswer(200, { id, username: account.username, scopes, roles })
      })
  },
}
