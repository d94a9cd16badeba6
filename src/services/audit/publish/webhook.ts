/** Publishes a head by a POST to a webhook. */

import { Client } from 'undici'
import { type OutgoingTls, outgoingOptions } from '../../tls/outgoing.ts'
import type { Send } from './publisher.ts'

export interface WebhookSettings extends OutgoingTls {
  readonly url: string
  /** Sent as a bearer token (RFC 6750 §2.1). */
  readonly token?: string | undefined
}

/** Redirects are not followed. A connection a head: between two of them nothing can go stale. */
export function sendToWebhook({ url, token, ...tls }: WebhookSettings): Send {
  const { origin, pathname, search } = new URL(url)
  const headers = {
    'content-type': 'text/plain; charset=utf-8',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  }
  const connect = outgoingOptions(tls)
  return async (note, signal) => {
    const client = new Client(origin, { connect, allowH2: false })
    try {
      const { statusCode, body } = await client.request({
        method: 'POST',
        path: `${pathname}${search}`,
        headers,
        body: note,
        signal,
      })
      body.on('error', () => {})
      if (statusCode < 200 || statusCode > 299) throw new Error(`the answer was ${statusCode}`)
    } finally {
      await client.destroy()
    }
  }
}
