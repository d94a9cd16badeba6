/** Sends a request as it stands, over a connection of its own. */

import { once } from 'node:events'
import { request as plain } from 'node:http'
import { request as secure } from 'node:https'
import { connect } from 'node:net'
import { connect as connectSecurely } from 'node:tls'
import { withoutBrackets } from '../../core/address.ts'
import type { Answer, ProbeRequest, RawRequest } from './probe.ts'

/** Of a body that is longer, so much is kept. */
const mostBytes = 1_048_576
/** Milliseconds; a server that says nothing for so long has not answered. */
const patience = 15_000

/** Throws where the server cannot be reached, or does not answer in HTTP. */
export const send = (url: URL, request: ProbeRequest | RawRequest): Promise<Answer> =>
  'raw' in request ? sendRaw(url, request.raw) : sendRequest(url, request)

async function sendRequest(url: URL, { method, target, headers, credential, body }: ProbeRequest): Promise<Answer> {
  const started = performance.now()
  const open = url.protocol === 'https:' ? secure : plain
  const length = body === undefined ? emptyOf(method) : ['Content-Length', String(Buffer.byteLength(body))]
  const host = headers.some(([name]) => name.toLowerCase() === 'host') ? [] : ['Host', url.host]
  const request = open({
    host: withoutBrackets(url.hostname),
    port: url.port || undefined,
    method,
    path: target,
    headers: [...host, ...credential.flat(), ...headers.flat(), ...length, 'Connection', 'close'],
    agent: false,
    timeout: patience,
  })
  request.on('timeout', () => request.destroy(new Error(`no answer within ${patience / 1_000} s`)))
  request.end(body)
  const [response] = await once(request, 'response')
  const milliseconds = performance.now() - started
  const chunks: Buffer[] = []
  let received = 0
  for await (const chunk of response) {
    chunks.push(chunk)
    received += chunk.length
    if (received > mostBytes) break
  }
  request.destroy()
  return {
    status: response.statusCode ?? 0,
    headers: joined(response.headers),
    cookies: response.headers['set-cookie'] ?? [],
    body: Buffer.concat(chunks).subarray(0, mostBytes).toString(),
    isWhole: received <= mostBytes,
    milliseconds,
  }
}

/** Node would announce a body of unknown length. */
const emptyOf = (method: string): readonly string[] =>
  ['POST', 'PUT', 'PATCH'].includes(method) ? ['Content-Length', '0'] : []

const joined = (headers: Readonly<Record<string, string | readonly string[] | undefined>>): Answer['headers'] =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]))

/** Reads the head alone: what comes before the connection ends, or falls silent. */
async function sendRaw(url: URL, raw: string): Promise<Answer> {
  const started = performance.now()
  const host = withoutBrackets(url.hostname)
  const isSecure = url.protocol === 'https:'
  const port = Number(url.port || (isSecure ? 443 : 80))
  const socket = isSecure ? connectSecurely({ host, port, servername: host }) : connect({ host, port })
  socket.setTimeout(patience, () => socket.destroy(new Error(`no answer within ${patience / 1_000} s`)))
  socket.write(raw.replaceAll('{host}', url.host), 'latin1')
  let text = ''
  for await (const chunk of socket) {
    text += chunk.toString('latin1')
    if (text.includes('\r\n\r\n') || text.length > mostBytes) break
  }
  socket.destroy()
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 0)
  if (status === 0 && text !== '') throw new Error('the answer is not HTTP/1.1')
  const milliseconds = performance.now() - started
  return {
    status,
    headers: {},
    cookies: [],
    body: text.slice(text.indexOf('\r\n\r\n') + 4),
    isWhole: false,
    milliseconds,
  }
}
