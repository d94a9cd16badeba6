/** Serves one `input` block over real HTTP, and answers with what the destination would see. */

import type { ExecutionContext } from 'ava'
import type { Exchange } from '../../src/core/exchange.ts'
import { input } from '../../src/guards/input/input.ts'
import type { JsonSchema } from '../../src/schema/schema.ts'
import type { Services } from '../../src/services/services.ts'
import { hostGuard, type Sent, siteOf } from './guard-host.ts'

export type InputBlock = Parameters<typeof input.compile>[0]

const seen = ({ input: { body, files }, body: { replaced } }: Exchange): string =>
  JSON.stringify({
    body,
    files: Object.fromEntries(Object.entries(files).map(([name, list]) => [name, list.map(shownFile)])),
    replaced: replaced?.toString('latin1'),
  })

const shownFile = ({ name, type, bytes }: Exchange['input']['files'][string][number]) => ({
  name,
  type,
  text: Buffer.from(bytes).toString('latin1'),
})

/** Sends to the block; bodies of at most 1 kB unless it says otherwise. */
export async function hostInput(
  t: ExecutionContext,
  block: InputBlock,
  schemas: Readonly<Record<string, JsonSchema>> = {},
) {
  const plan = await input.compile(block, siteOf(), { maxBodyBytes: 1024, schemas } as unknown as Services)
  const send = await hostGuard(t, {
    plan,
    destination: (exchange) => ({ status: 200, headers: [], body: seen(exchange) }),
  })
  return async (sent: Sent) => {
    const { status, headers, body } = await send(sent)
    return { status, headers, body: JSON.parse(body) }
  }
}

/** `in path rule` of each fault of a refusal. */
export const faultsIn = (body: { details?: { in: string; path: string; rule: string }[] }): string[] | undefined =>
  body.details?.map((fault) => `${fault.in} ${fault.path} ${fault.rule}`)
