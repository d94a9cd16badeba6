/** Which routes are those by which accounts log in, and what follows. */

import { builtinName } from '../handlers/builtin/builtin.ts'
import type { Route } from './policy.ts'

const names = ['login', 'refresh', 'logout', 'password', 'me', 'sessions', 'session', 'jwks']

/** The name of the builtin that concerns accounts, where a route has one. */
export function identityBuiltinOf({ destinations }: Route): string | undefined {
  const found = destinations.find(({ handler, broken }) => handler.name === 'builtin' && !broken)
  return names.find((name) => name === builtinName(found?.value))
}
