/** What must pass, and what stands on its answer. */

import { type HeadersBlock, readOptions } from '../../../guards/headers/headers-block.ts'
import { isSafe } from '../../../services/audit/entry.ts'
import type { Probe } from '../probe.ts'
import type { Target } from '../target.ts'

/** The good request: nothing before the destination refuses it. */
export const probeGood = (target: Target): Probe =>
  target.probe('routes', 'the request as the policy wants it', target.request(), {
    kind: 'admitted',
    codes: target.refusals,
  })

export const writes = ({ method }: Target): boolean => !isSafe(method)

/** Whether a request that passes ends what proves who calls, unless every request has a token of its own. */
export const endsCaller = ({ route, caller }: Target): boolean =>
  caller?.issuer === undefined && route.destinations.some(({ value }) => enders.includes(value))

const enders: readonly unknown[] = ['logout', 'password']

/** On a refusal, where no destination has a say in it. */
export function probeHeaders(target: Target): readonly Probe[] {
  const {
    use = 'api',
    set = {},
    remove = [],
    helmet,
  } = readOptions((target.route.blocks.get('headers')?.value ?? 'api') as HeadersBlock)
  const usual = { 'X-Content-Type-Options': 'nosniff', 'X-Frame-Options': use === 'api' ? 'DENY' : 'SAMEORIGIN' }
  const removed = new Set(remove.map((name) => name.toLowerCase()))
  const kept = Object.entries({ ...(helmet === undefined && usual), ...set }).filter(
    ([name]) => !removed.has(name.toLowerCase()),
  )
  const plain = kept.filter(([name]) => name.toLowerCase() !== 'strict-transport-security')
  const wanted = { ...Object.fromEntries(plain), 'X-Powered-By': undefined }
  const request = target.request({ credential: [], headers: [['Authorization', 'Bearer portcullis.attack']] })
  return [
    {
      ...target.probe('headers', 'the headers of an answer', request, { kind: 'admitted', codes: [] }),
      headers: wanted,
    },
  ]
}
