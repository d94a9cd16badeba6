/** Runs a script by its digest; Redis that does not know it yet, or no longer, is told its text. */

import type { Cluster, Redis } from 'ioredis'
import { messageOf } from './refusals.ts'
import type { Script } from './store.ts'

export type Client = Redis | Cluster
export type Argument = string | number | Buffer

export async function evaluate(client: Client, { text, sha1 }: Script, args: readonly Argument[]): Promise<unknown> {
  try {
    return await client.evalsha(sha1, ...(args as [number, ...Argument[]]))
  } catch (error) {
    if (!messageOf(error).startsWith('NOSCRIPT')) throw error
    return client.eval(text, ...(args as [number, ...Argument[]]))
  }
}
