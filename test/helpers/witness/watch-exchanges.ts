/** Takes down the requests of a test, and the answers to them, of clients of HTTP. */

import { subscribe } from 'node:diagnostics_channel'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { noteAnswer, noteBody, noteHeaders, pairsOf } from './note-exchange.ts'
import type { TestRecord } from './record.ts'
import { before } from './watch-processes.ts'

export function watchExchanges(record: TestRecord): void {
  watchNode(record)
  watchUndici(record)
}

/** `node:http`, and `node:https`. */
function watchNode(record: TestRecord): void {
  subscribe('http.client.request.created', (message) => {
    const { request } = message as { readonly request: ClientRequest }
    for (const method of ['write', 'end'] as const) before(request, method, (chunk) => noteBody(record, chunk))
  })
  subscribe('http.client.response.finish', (message) => {
    const { request, response } = message as { readonly request: ClientRequest; readonly response: IncomingMessage }
    noteHeaders(record, pairsOf(Object.entries(request.getHeaders()).flat()))
    noteHeaders(record, pairsOf(response.rawHeaders))
    const answer = noteAnswer(record, response.statusCode ?? 0, pairsOf(response.rawHeaders))
    before(response, 'push', answer)
  })
}

interface UndiciMessage {
  readonly request: { readonly headers: string | readonly string[] }
  readonly response: { readonly statusCode: number; readonly headers: readonly Buffer[] }
  readonly chunk: unknown
}

/** `fetch`, and whoever uses undici itself. */
function watchUndici(record: TestRecord): void {
  const answers = new WeakMap<object, (chunk: unknown) => void>()
  const on = (name: string, note: (message: UndiciMessage) => void) =>
    subscribe(`undici:request:${name}`, (message) => note(message as UndiciMessage))
  on('create', ({ request: { headers } }) => {
    noteHeaders(record, pairsOf(typeof headers === 'string' ? headers.split(/: |\r\n/) : headers))
  })
  on('bodyChunkSent', ({ chunk }) => noteBody(record, chunk))
  on('headers', ({ request, response: { statusCode, headers } }) => {
    const pairs = pairsOf(headers.map(String))
    noteHeaders(record, pairs)
    answers.set(request, noteAnswer(record, statusCode, pairs))
  })
  on('bodyChunkReceived', ({ request, chunk }) => answers.get(request)?.(chunk))
}
