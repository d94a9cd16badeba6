/** Good tokens of logins that are not good enough: too long ago, or weaker than the route asks for. */

import { readDuration } from '../../../core/duration.ts'
import { tokenMethodsOf } from '../../../policy/who.ts'
import type { Forge, Wishes } from '../forge.ts'
import type { Probe } from '../probe.ts'
import type { Target } from '../target.ts'

/** Seconds by which the clocks may differ. */
const margin = 120

export function probeLogins(target: Target, forge: Forge): readonly Probe[] {
  const issuer = target.caller?.issuer
  const [method, another] = tokenMethodsOf(target.route)
  if (method === undefined || another !== undefined || issuer === undefined) return []
  if (!forge.signs(issuer) || !target.enforces('authenticate')) return []
  const { acr, maxAge } = method.options
  return [
    ...(acr === undefined ? [] : [refusedLogin(target, 'a login that is too weak', { acr: 'portcullis-attack' })]),
    ...(maxAge === undefined
      ? []
      : [refusedLogin(target, 'a login that is too old', { age: readDuration(maxAge) / 1_000 + margin })]),
  ]
}

const refusedLogin = (target: Target, title: string, wishes: Wishes): Probe =>
  target.probe('authenticate', title, target.request({ wishes }), { kind: 'refused', codes: ['step_up_required'] })
