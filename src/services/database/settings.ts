/** How the durable store is reached. */

import { isDeepStrictEqual } from 'node:util'
import type { OutgoingTls } from '../tls/outgoing.ts'
import type { DatabaseTarget, PostgresTarget } from './target.ts'

export interface DatabaseSettings extends OutgoingTls {
  readonly target: DatabaseTarget
  /** Milliseconds after which an answer is none. */
  readonly deadline: number
}

/** Who calls the server, and whom it believes; all else is what is called. */
type Credentials = Pick<PostgresTarget, 'username' | 'password'> & Pick<OutgoingTls, 'ca' | 'cert' | 'key'>

/** What is called, and who calls, apart; nobody is asked who calls a file. */
export function splitCredentials(settings: DatabaseSettings): readonly [DatabaseSettings, Partial<Credentials>] {
  const { ca, cert, key, ...rest } = settings
  const { target } = rest
  if (target.kind === 'sqlite') return [settings, {}]
  const { username, password } = target
  const nobody = { username: undefined, password: undefined }
  return [
    { ...rest, target: { ...target, ...nobody } },
    { username, password, ca, cert, key },
  ]
}

/** The server of before, called with the credentials of now; none where they are the same, or where it is another one. */
export function signedIn<T extends DatabaseSettings>(before: T, now: DatabaseSettings): T | undefined {
  const [[place, caller], [otherPlace, otherCaller]] = [splitCredentials(before), splitCredentials(now)]
  const isSame = isDeepStrictEqual([place.target, place.serverName], [otherPlace.target, otherPlace.serverName])
  if (!isSame || isDeepStrictEqual(caller, otherCaller)) return undefined
  const { target, ca, cert, key } = now
  return { ...before, target, ca, cert, key }
}
