/** From where a request comes: an address outside of `network`, and headers that claim another address. */

import { compileRanges } from '../../../core/address.ts'
import { hasReference } from '../../../core/expression.ts'
import type { Field, Probe } from '../probe.ts'
import type { Target } from '../target.ts'

/** The address that the server sees of us; none where that is not known from here. */
export type OwnAddress = string | undefined

interface Sender {
  readonly own: OwnAddress
  /** Whether the server believes what we say of our address. */
  readonly isTrusted: boolean
}

const ranges = (target: Target): readonly string[] | undefined => {
  const block = target.route.blocks.get('network')?.value as readonly string[] | undefined
  return block === undefined || hasReference(block) || !target.enforces('network') ? undefined : block
}

/** Whether `network` keeps us out, so that nothing behind it can be tried. */
export function isOutside(target: Target, own: OwnAddress): boolean {
  const allowed = ranges(target)
  return allowed !== undefined && own !== undefined && !compileRanges(allowed)(own)
}

export function probeNetwork(target: Target, { own, isTrusted }: Sender): readonly Probe[] {
  const allowed = ranges(target)
  if (allowed === undefined || !isOutside(target, own)) return []
  const claimed = (allowed[0] ?? '').split('/')[0] ?? ''
  const refused = { kind: 'refused', codes: ['address_denied'] } as const
  const here = target.probe('network', 'from here', target.request(), refused)
  if (isTrusted) return [here]
  return [
    here,
    target.probe('network', `claiming to be \`${claimed}\``, target.request({ headers: disguises(claimed) }), refused),
  ]
}

/** Every header by which a client could say that it is somebody else. */
export const disguises = (address: string): readonly Field[] => [
  ['X-Forwarded-For', address],
  ['X-Real-IP', address],
  ['X-Client-IP', address],
  ['CF-Connecting-IP', address],
  ['True-Client-IP', address],
]
