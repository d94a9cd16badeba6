/** What must pass, and what stands on its answer. */

import type { AuditBlock } from '../../../guards/audit/audit-block.ts'
import { type HeadersBlock, readOptions } from '../../../guards/headers/headers-block.ts'
import { isSafe } from '../../../services/audit/entry.ts'
import type { OnRecord, Probe } from '../probe.ts'
import type { Target } from '../target.ts'

/** The good request: nothing before the destination refuses it. */
export function probeGood(target: Target): Probe {
  const expected = { kind: 'admitted', codes: target.refusals } as const
  const probe = target.probe('routes', 'the request as the policy wants it', target.request(), expected)
  return { ...probe, onRecord: onRecordOf(target) }
}

/** Undefined where the policy does not say that it is put on record. */
function onRecordOf(target: Target): OnRecord | undefined {
  const block = (target.route.blocks.get('audit')?.value ?? {}) as AuditBlock
  if (block === 'off') return undefined
  const { action, required, resource, details } = block
  const isNamed = action !== undefined || required === true || resource !== undefined || details !== undefined
  if (!isNamed && !writes(target)) return undefined
  return { event: action, source: target.sourceOf('audit') }
}

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
