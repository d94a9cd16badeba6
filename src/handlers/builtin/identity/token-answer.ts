/** What the OpenAPI document says of an answer with tokens. */

import type { Builtin } from '../about.ts'

const example = {
  access_token: 'eyJ…',
  token_type: 'Bearer',
  expires_in: 600,
  refresh_token: '…',
  scope: 'orders:read',
}

export const tokenAnswer: Builtin['answers'] = {
  200: {
    description: 'An access token, and a refresh token that is good for once.',
    content: { 'application/json': { example } },
  },
}
