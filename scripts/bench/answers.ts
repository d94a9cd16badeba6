/** Before a server is timed, its answers are checked: a fast wrong answer counts for nothing. */

import type { Peer } from './peer.ts'

export interface Credentials {
  readonly good: string
  readonly noScope: string
  readonly body: string
}

interface Sent {
  readonly token?: string
  readonly body: string
}

async function post({ name, url }: Peer, { token, body }: Sent, status: number): Promise<Response> {
  const headers = {
    'content-type': 'application/json',
    origin: 'https://shop.example',
    ...(token && { authorization: `Bearer ${token}` }),
  }
  const answer = await fetch(`${url}/orders/6f1c2c1e`, { method: 'POST', headers, body })
  if (answer.status !== status) throw new Error(`${name}: expected ${status}, got ${answer.status}`)
  return answer
}

/** Throws where a server does not give the agreed answer to what it must let through. */
export async function checkAllowed(peer: Peer, { good, body }: Credentials): Promise<void> {
  const allowed = await post(peer, { token: good, body }, 201)
  const answer = (await allowed.json()) as { readonly accepted?: boolean; readonly id?: string }
  if (answer.accepted !== true || answer.id !== '6f1c2c1e') throw new Error(`${peer.name}: not the agreed answer`)
}

/** Throws where a server lets through what its policy refuses, or leaves out what the policy adds to an answer. */
export async function checkRefusals(peer: Peer, { good, noScope, body }: Credentials): Promise<void> {
  const { headers } = await post(peer, { token: good, body }, 201)
  for (const header of ['access-control-allow-origin', 'x-content-type-options', 'x-ratelimit-remaining']) {
    if (!headers.has(header)) throw new Error(`${peer.name}: no ${header}`)
  }
  await post(peer, { body }, 401)
  await post(peer, { token: `${good.slice(0, -4)}AAAA`, body }, 401)
  await post(peer, { token: noScope, body }, 403)
  const wrong = JSON.stringify({ sku: 'TE-0001', quantity: 0, price: 1, express: true })
  await post(peer, { token: good, body: wrong }, 422)
}
