/** Lays what guards wrote on the head of an answer: one flat list, each name from one voice, `Vary` merged. */

import type { Answer, Head, HeaderSet } from '../core/answer.ts'

/** Ours to write, or for one connection only (RFC 9110 §7.6.1): from a destination they never pass. */
const withheld = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/**
 * The headers of an answer, without those that frame its body. Who speaks first is heard: names that no answer carries,
 * then the guards' single values, what they force, the destination, and last their defaults. What a destination says of
 * `Access-Control-*` is not heard.
 */
export function layHead(answer: Answer, head: Head, requestId: string): string[] {
  const flat = ['X-Request-Id', requestId]
  const settled = new Set(['x-request-id'])
  const vary = head.vary.length === 0 ? [] : [...head.vary]
  for (const names of head.removed) for (const name of names) settled.add(name)
  layOwn(flat, settled, head.own)
  for (const set of head.forced) laySet(flat, settled, set, vary)
  layAnswer(flat, settled, answer.headers, vary)
  for (const set of head.defaults) laySet(flat, settled, set, vary)
  if (vary.length > 0) flat.push('Vary', mergeVary(vary))
  return flat
}

function layOwn(flat: string[], settled: Set<string>, own: readonly string[]): void {
  for (let at = 0; at < own.length; at += 2) {
    const name = own[at] ?? ''
    const lower = name.toLowerCase()
    if (settled.has(lower)) continue
    settled.add(lower)
    flat.push(name, own[at + 1] ?? '')
  }
}

function laySet(flat: string[], settled: Set<string>, set: HeaderSet, vary: string[]): void {
  let at = 0
  for (const lower of set.names) {
    const value = set.flat[at + 1] ?? ''
    if (lower === 'vary') vary.push(value)
    else if (!settled.has(lower)) {
      settled.add(lower)
      flat.push(set.flat[at] ?? '', value)
    }
    at += 2
  }
}

/** A destination may say a name more than once (`Set-Cookie`, `Link`): its names are settled when it is done. */
function layAnswer(flat: string[], settled: Set<string>, headers: readonly string[], vary: string[]): void {
  const said: string[] = []
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? ''
    const value = headers[at + 1] ?? ''
    const lower = name.toLowerCase()
    if (lower === 'vary') vary.push(value)
    else if (!settled.has(lower) && !withheld.has(lower) && !lower.startsWith('access-control-')) {
      said.push(lower)
      flat.push(name, value)
    }
  }
  for (const lower of said) settled.add(lower)
}

/** Each field name once; `*` says all that can be said (RFC 9110 §12.5.5). */
function mergeVary(values: readonly string[]): string {
  const [only] = values
  if (values.length === 1 && only !== undefined && !only.includes(',')) return only
  const names = new Map<string, string>()
  for (const name of values.join(',').split(',')) {
    const lower = name.trim().toLowerCase()
    if (lower !== '' && !names.has(lower)) names.set(lower, name.trim())
  }
  return names.has('*') ? '*' : [...names.values()].join(', ')
}
