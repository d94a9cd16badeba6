/** Before a server is timed, its answers are checked: a fast wrong answer counts for nothing. */

import { isDeepStrictEqual } from 'node:util'
import { origin } from './agreed.ts'
import { badOrders, goodOrder } from './orders.ts'
import { sign, worthless } from './tokens.ts'

const path = '/orders/6f1c2c1e'
const agreed = { id: '6f1c2c1e', accepted: true }

/** What the policy adds to the head of every answer to an allowed request. */
const added = [
  ['access-control-allow-origin', /^https:\/\/shop\.example$/],
  ['access-control-allow-credentials', /^true$/],
  ['x-content-type-options', /^nosniff$/],
  ['x-frame-options', /./],
  ['x-ratelimit-remaining', /^\d+$/],
] as const

interface Sent {
  readonly token?: string
  readonly body?: string
}

/** Throws where a server does not give an answer of this status. */
async function expectStatus(url: string, { token, body = goodOrder }: Sent, status: number): Promise<Response> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const headers = { 'content-type': 'application/json', origin, ...authorization }
  const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body })
  if (answer.status !== status) throw new Error(`expected ${status}, got ${answer.status}: ${await answer.text()}`)
  return answer
}

/** Throws where a server does not give the agreed answer to what it must let through. */
export async function checkAllowed(url: string): Promise<Headers> {
  const answer = await expectStatus(url, { token: sign() }, 201)
  const body = await answer.json()
  if (!isDeepStrictEqual(body, agreed)) throw new Error(`expected the agreed answer, got \`${JSON.stringify(body)}\``)
  return answer.headers
}

/** Throws where a server lets through what its policy refuses, or leaves out what the policy adds to an answer. */
export async function checkPolicy(url: string): Promise<void> {
  const headers = await checkAllowed(url)
  for (const [name, value] of added)
    if (!value.test(headers.get(name) ?? '')) throw new Error(`expected \`${name}\`, got \`${headers.get(name)}\``)
  await (await expectStatus(url, {}, 401)).text()
  for (const token of worthless) await (await expectStatus(url, { token }, 401)).text()
  await (await expectStatus(url, { token: sign({ scope: 'orders:read' }) }, 403)).text()
  for (const body of badOrders) await (await expectStatus(url, { token: sign(), body }, 422)).text()
}

/** Throws where a server of one call an hour admits another number of them. */
export async function checkLimit(url: string): Promise<void> {
  await checkAllowed(url)
  for (let call = 0; call < 3; call++) await (await expectStatus(url, { token: sign() }, 429)).text()
}
