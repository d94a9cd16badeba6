/** What an error of Redis, or of the way to it, means. */

import { reasonOf } from '../reason.ts'

export const connectionClosed = 'the connection is closed'
/** Whatever it is that answers. */
export const othersAnswer = 'it answers what was not asked'

export type Refusal =
  /** Redis as a whole cannot be used just now, or by this user. */
  | 'away'
  /** The connection is of no use any more: it leads to a server that was deposed, or to a user who is no longer let in. */
  | 'stale'
  /** It answered, and refuses this script alone. */
  | 'refused'

/** First words of errors; whoever writes gets them until the server is well again, or set up otherwise. */
const away = new Set(['LOADING', 'MASTERDOWN', 'CLUSTERDOWN', 'OOM', 'MISCONF', 'NOREPLICAS', 'BUSY', 'WRONGPASS'])

export function judgeRefusal(error: unknown): Refusal {
  const message = messageOf(error)
  // Keys of a slot that is just moved from one server to another; what else they have is well.
  if (/^TRYAGAIN|^Too many Cluster redirections/.test(message)) return 'refused'
  const [word = ''] = message.split(' ', 1)
  if (word === 'READONLY' || word === 'NOAUTH' || message === othersAnswer) return 'stale'
  return away.has(word) || !isReply(error) ? 'away' : 'refused'
}

/** Whether Redis itself answered so, and not the client. */
export const isReply = (error: unknown): boolean => error instanceof Error && error.name === 'ReplyError'

/** What the library wraps around a reason, or says in place of one; and what Redis adds for whoever wrote the script. */
const wordings: readonly (readonly [RegExp, string])[] = [
  [/^All sentinels are unreachable and retry is disabled\. Last error:/, 'no sentinel tells of the master:'],
  [/Connection is closed\.$|^Stream isn't writeable .*/, connectionClosed],
  // Before Redis 7.
  [/^ERR Error running script \(call to f_[0-9a-f]{40}\): @user_script:\d+: (?:@user_script: ?\d+: )?-?/, ''],
  [/\.? script: [0-9a-f]{40}, on @user_script:\d+\.$/, ''],
]

/** Why, for people. */
export function messageOf(error: unknown): string {
  const { lastNodeError } = error as { readonly lastNodeError?: unknown }
  return wordings.reduce((text, [from, to]) => text.replace(from, to), reasonOf(lastNodeError ?? error))
}
