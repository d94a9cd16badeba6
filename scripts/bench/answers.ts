/** Before a server is timed, its answers are checked: a fast wrong answer counts for nothing. */

import type { Peer } from './peer.ts'

export interface Credentials {
  readonly good: string
  readonly noScope: string
  readonly body: string
}

/** Throws where a server lets through what it must refuse, or refuses what it must let through. */
export async function checkAnswers({ name, url }: Peer, { good, noScope, body }: Credentials): Promise<void> {
  const post = async (token: string | undefined, text: string, status: number): Promise<Response> => {
    const headers = {
      'content-type': 'application/json',
      origin: 'https://shop.example',
      ...(token && { authorization: `Bearer ${token}` }),
    }
    const answer = await fetch(`${url}/orders/6f1c2c1e`, { method: 'POST', headers, body: text })
    if (answer.status !== status) throw new Error(`${name}: expected ${status}, got ${answer.status}`)
    return answer
  }
  const allowed = await post(good, body, 201)
  const answer = (await allowed.json()) as { readonly accepted?: boolean; readonly id?: string }
  if (answer.accepted !== true || answer.id !== '6f1c2c1e') throw new Error(`${name}: not the agreed answer`)
  for (const header of ['access-control-allow-origin', 'x-content-type-options', 'x-ratelimit-remaining']) {
    if (!allowed.headers.has(header)) throw new Error(`${name}: no ${header}`)
  }
  await post(undefined, body, 401)
  await post(`${good.slice(0, -4)}AAAA`, body, 401)
  await post(noScope, body, 403)
  await post(good, JSON.stringify({ sku: 'TE-0001', quantity: 0, price: 1, express: true }), 422)
}
