/** How Redis is reached, and what is expected of it. */

import { isDeepStrictEqual } from 'node:util'
import type { OutgoingTls } from '../tls/outgoing.ts'
import type { Target } from './target.ts'

export interface RedisSettings extends OutgoingTls {
  readonly target: Target
  /** For the sentinels themselves; those of the url are for the master. */
  readonly sentinel: { readonly username: string | undefined; readonly password: string | undefined } | undefined
  /** What the names of all keys begin with. */
  readonly prefix: string
  /** Milliseconds after which an answer is none. */
  readonly deadline: number
}

/** Who calls the server and the sentinels, and whom it believes; all else is what is called. */
export type Credentials = Pick<RedisSettings['target'], 'username' | 'password'> &
  Pick<RedisSettings, 'sentinel' | 'ca' | 'cert' | 'key'>

/** What is called, and who calls, apart. */
export function splitCredentials(settings: RedisSettings): readonly [object, Credentials] {
  const { target, sentinel, ca, cert, key, ...rest } = settings
  const { username, password, ...place } = target
  return [
    { ...rest, target: place },
    { username, password, sentinel, ca, cert, key },
  ]
}

/** The same Redis as before, called with other credentials; none where they are the same, or where it is another one. */
export function signedIn(before: RedisSettings, now: RedisSettings): RedisSettings | undefined {
  const [[place, caller], [otherPlace, otherCaller]] = [splitCredentials(before), splitCredentials(now)]
  const isRotated = isDeepStrictEqual(place, otherPlace) && !isDeepStrictEqual(caller, otherCaller)
  return isRotated ? now : undefined
}
