/** `builtin: me`: whom the bearer token stands for. */

import type { Builtin } from '../about.ts'
import { jsonAnswer } from '../json-answer.ts'
import { identityOf, tokenInvalid } from './identity-route.ts'

const example = { id: '0f8b…', username: 'alice', scopes: ['orders:read'], roles: ['customer'] }

export const me: Builtin = {
  answers: { 200: { description: 'The account.', content: { 'application/json': { example } } } },
  refusals: ['token_invalid', 'state_unavailable'],
  compile(services) {
    const identity = identityOf(services)
    return ({ principal: { id, scopes, roles } }) =>
      identity.attempt(async () => {
        const account = await identity.store.accounts.find(id)
        if (account === undefined || account.disabledAt !== undefined)
          return tokenInvalid('the token stands for no account that may log in')
        return jsonAnswer(200, { id, username: account.username, scopes, roles })
      })
  },
}
