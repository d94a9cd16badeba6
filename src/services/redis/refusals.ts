/** What an error of Redis, or of the way to it, means. */

import { reasonOf } from '../reason.ts'

export type Refusal =
  /** Redis as a whole cannot be used just now, or by this user. */
  | 'away'
  /** The connection is of no use any more: it leads to a server that was deposed, or to a user who is no longer let in. */
  | 'stale'
  /** It answered, and refuses this script alone. */
  | 'refused'

/** First words of errors; whoever writes gets them until the server is well again, or set up otherwise. */
const away = new Set([
  'LOADING',
  'MASTERDOWN',
  'CLUSTERDOWN',
  'TRYAGAIN',
  'OOM',
  'MISCONF',
  'NOREPLICAS',
  'BUSY',
  'WRONGPASS',
])

export function judgeRefusal(error: unknown): Refusal {
  const [word = ''] = messageOf(error).split(' ', 1)
  if (word === 'READONLY' || word === 'NOAUTH') return 'stale'
  return away.has(word) || !isReply(error) ? 'away' : 'refused'
}

/** Whether Redis itself answered so, and not the client. */
export const isReply = (error: unknown): boolean => error instanceof Error && error.name === 'ReplyError'

/**
 * Says why, in what the library wraps around it; without the digest of the script and the line in it, which Redis adds for
 * whoever wrote the script.
 */
export function messageOf(error: unknown): string {
  const { lastNodeError } = error as { readonly lastNodeError?: unknown }
  return reasonOf(lastNodeError ?? error)
    .replace(/^All sentinels are unreachable and retry is disabled\. Last error:/, 'no sentinel tells of the master:')
    .replace(/\.? script: [0-9a-f]{40}, on @user_script:\d+\.$/, '')
}
