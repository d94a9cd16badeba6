/** Publishes a head as an entry of a Redis stream. */

import { Redis } from 'ioredis'
import { withoutBrackets } from '../../../core/address.ts'
import { type OutgoingTls, outgoingOptions } from '../../tls/outgoing.ts'
import { readHead } from '../note.ts'
import type { Send } from './publisher.ts'

export interface RedisSettings extends OutgoingTls {
  /** `redis://` or `rediss://`, with user and password where it needs them. */
  readonly url: string
  /** Its name; `portcullis:heads` unless told. */
  readonly stream?: string | undefined
}

const defaultStream = 'portcullis:heads'
/** About so many of the newest stay in the stream, some 40 MB; a later head proves all that an earlier one does. */
const kept = 100_000

/**
 * A connection a head: between two of them nothing can go stale, and after a failover the name is looked up anew. The user
 * needs no more than `+xadd` on the stream.
 */
export function sendToRedis({ url, stream = defaultStream, ...tls }: RedisSettings): Send {
  const options = connection(url, tls)
  return async (note, signal) => {
    const head = readHead(note)
    if (head === undefined) throw new Error('the note is no signed head')
    const redis = new Redis(url, options)
    try {
      await Promise.race([
        failed(redis),
        aborted(signal),
        redis.call('XADD', stream, 'MAXLEN', '~', kept, '*', 'origin', head.origin, 'size', head.size, 'note', note),
      ])
    } finally {
      redis.disconnect()
    }
  }
}

function connection(url: string, tls: OutgoingTls) {
  const { protocol, hostname } = new URL(url)
  return {
    lazyConnect: true,
    // That Redis still loads is an answer like others: no need to ask first.
    enableReadyCheck: false,
    disableClientInfo: true,
    connectTimeout: 5_000,
    disconnectTimeout: 100,
    ...(protocol === 'rediss:' && { tls: outgoingOptions(tls, withoutBrackets(hostname)) }),
  }
}

/** The reason itself: the command would only say that the connection is closed. */
const failed = (redis: Redis): Promise<never> => new Promise((_, reject) => redis.on('error', reject))

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
