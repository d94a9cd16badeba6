/** Finds expressions that would put a secret on record. */

import type { Expression } from '../../core/expression.ts'

type ExpressionPath = Expression['paths'][number]

/** Headers that are credentials, whatever is in them. */
const credentials: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'x-api-key',
  'x-auth-token',
  'x-access-token',
])

/** Whether a path reads a header that carries a credential, or whichever header the caller names. */
export const isCredential = ({ root, names: [name] }: ExpressionPath): boolean =>
  root === 'headers' && (name === undefined || credentials.has(name))

const long = 'password|passwd|passphrase|passcode|secret|token|apikey|cvv2?|credential'
const short = 'pwd|pass|otp|totp|pin|pan|cvc2?|csc'
const several =
  '(?:api|private|access|secret|signing|encryption) key|(?:card|account) number|(?:security|recovery|backup|verification|reset) code'
/** Words that may follow without making it anything else. */
const tail = 'value|text|hash|digest|plain|confirm|confirmation|repeat|again|old|new'
const secret = new RegExp(`(?:${long}|\\b(?:${short}|${several}))s?(?: ?\\d+\\b| (?:${tail}))*$`)

/** Whether the names of a path say that a secret is there: `body.newPassword`, `body.card.number`. */
export const soundsSecret = ({ root, names }: ExpressionPath): boolean =>
  root !== 'user' || names[0] === 'claims' ? secret.test(wordsOf(names)) : false

/** `['card', 'cvvCode']` → `card cvv code`. */
const wordsOf = (names: readonly string[]): string =>
  names
    .join(' ')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .replace(/[^A-Za-z0-9]+/g, ' ')
    .trim()
    .toLowerCase()
