/** The same request by each role, where the policy cuts the answer to what the caller's roles may read. */

import type { Principal } from '../../../core/principal.ts'
import { readAnswerOptions } from '../../../guards/authorize/answer/answer-block.ts'
import type { AuthorizeBlock } from '../../../guards/authorize/authorize.ts'
import type { Policy } from '../../../policy/policy.ts'
import { anonymous } from '../../../policy/rules/authorize-rule.ts'
import type { RoleRule } from '../../../services/roles/rule.ts'
import type { Forge } from '../forge.ts'
import type { ProbeRequest, Reader, Reading, Untried } from '../probe.ts'
import { isBound, rightOf } from '../reading/right.ts'
import { surplusOf } from '../reading/surplus.ts'
import type { Target } from '../target.ts'

interface Known {
  readonly forge: Forge
  readonly policy: Policy
  /** Whether a request is sent that is let through. */
  readonly mayPass: boolean
}

interface Readings {
  readonly readings: readonly Reading[]
  readonly untried: readonly Untried[]
}

const none: Readings = { readings: [], untried: [] }

export function readingsOf(target: Target, { forge, policy, mayPass }: Known): Readings {
  const block = target.route.blocks.get('authorize')?.value as AuthorizeBlock | undefined
  const answer = readAnswerOptions(block?.answer)
  if (block === undefined || answer === undefined || !target.enforces('authorize')) return none
  const why = obstacle(target, block, { forge, mayPass })
  if (why !== undefined) return { readings: [], untried: [target.untried('authorize', why)] }
  const question = { action: answer.action ?? block.action, subject: block.subject }
  const readers = rolesOf(policy).map(([role, rules]) => readerOf(target, { role, rules, question }))
  return { readings: [{ at: answer.at, readers }], untried: [] }
}

/** Why no answer can be had as each role. */
function obstacle(
  { caller }: Target,
  { roles }: AuthorizeBlock,
  { forge, mayPass }: Omit<Known, 'policy'>,
): string | undefined {
  if (!mayPass) return 'no request is let through whose answer could be looked at'
  if (roles !== undefined) return 'its roles come out of a claim of their own, so no answer was looked at'
  if (caller?.issuer === undefined || !forge.signs(caller.issuer))
    return 'no token can be made for each role, so no answer was looked at'
  return undefined
}

/** The rules of each role, over all the places where some stand. */
function rolesOf({ roles }: Policy): readonly (readonly [string, readonly RoleRule[]])[] {
  const byName = Map.groupBy(roles, ({ name }) => name)
  byName.delete(anonymous)
  return [...byName].map(([name, places]) => [name, places.flatMap(({ value }) => value)])
}

interface Asked {
  readonly role: string
  readonly rules: readonly RoleRule[]
  readonly question: { readonly action: string; readonly subject: string }
}

function readerOf(target: Target, { role, rules, question }: Asked): Reader {
  const request = target.request({ wishes: { roles: [role] } })
  const expected = { kind: 'admitted', codes: target.refusals } as const
  const { validator, value } = target.places.path
  // As they are once a transform has changed them.
  const checked = validator.check(value)
  const params = (checked.errors === undefined ? checked.value : {}) as Readonly<Record<string, unknown>>
  const right = rightOf(rules, question, { principal: principalOf(request), params })
  return {
    role,
    probe: target.probe('authorize', `an answer to \`${role}\``, request, expected),
    isBound: isBound(rules, question),
    surplus: (document) => surplusOf(document, right(document)),
  }
}

/** Whom the token of a request stands for, as `builtin` issuers write it. */
function principalOf({ credential: [field] }: ProbeRequest): Principal {
  const payload = field?.[1].split('.')[1] ?? ''
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Readonly<Record<string, unknown>>
  return { id: String(claims.sub), issuer: String(claims.iss), scopes: [], roles: [], claims }
}
