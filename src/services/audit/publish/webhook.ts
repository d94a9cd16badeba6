/** Publishes a head by a POST to a webhook. */

import { fieldLine } from '../../../core/field.ts'
import type { OutgoingTls } from '../../tls/outgoing.ts'
import { askOnce } from '../../upstreams/ask-once.ts'
import type { Send } from './publisher.ts'

export interface WebhookSettings extends OutgoingTls {
  readonly url: string
  /** Sent as a bearer token (RFC 6750 §2.1). */
  readonly token?: string | undefined
}

/** A head is published once any answer of success begins. */
export function sendToWebhook({ url, token, ...tls }: WebhookSettings): Send {
  const { origin, pathname, search } = new URL(url)
  const bearer = token === undefined ? '' : fieldLine('Authorization', `Bearer ${token}`)
  const lines = fieldLine('Content-Type', 'text/plain; charset=utf-8') + bearer
  return async (note, signal) => {
    const request = { method: 'POST', path: `${pathname}${search}`, lines, body: Buffer.from(note) }
    await askOnce({ origin, ...tls }, request, { signal, expects: (status) => status >= 200 && status < 300 })
  }
}
