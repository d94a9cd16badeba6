/** `acr` and `maxAge`: how strong, and how recent, the login behind a token must be (RFC 9470). */

import { Denial, deny } from '../../core/denial.ts'
import { readDuration } from '../../core/duration.ts'
import { array, string, union } from '../../schema/builder.ts'
import type { Clock } from '../../services/clock.ts'
import type { Verified } from '../../services/keys/verifier.ts'
import type { OperationPart } from '../../services/openapi.ts'
import type { Verify } from './verify.ts'

/** Values stand side by side in a quoted string: no space, no quote, no backslash. */
const acr = string({ pattern: '^[\\x21\\x23-\\x5B\\x5D-\\x7E]+$', maxLength: 256, title: 'an `acr` value' })

export const stepUpOptions = {
  'acr?': union([acr, array(acr, { minItems: 1, maxItems: 16 })], {
    description: 'How the caller must have logged in: the `acr` claim of the token is this, or one of these.',
    examples: ['urn:example:mfa'],
  }),
  'maxAge?': string({
    pattern: '^[1-9][0-9]{0,8}(s|m|h|d)$',
    title: 'a duration of whole seconds',
    description: 'How long ago the caller may have logged in, by the `auth_time` claim of the token.',
    examples: ['5m'],
  }),
} as const

export interface StepUp {
  readonly acr?: string | readonly string[] | undefined
  readonly maxAge?: string | undefined
}

/** Milliseconds by which the clock of an issuer may be ahead. */
const skew = 60_000

/** Judges the login behind a token that was found good; asked on every request, for time goes on. */
export function compileStepUp<G extends readonly unknown[]>(
  options: StepUp,
  verify: (...given: G) => ReturnType<Verify>,
  clock: Clock,
): typeof verify {
  const judge = compileJudge(options, clock)
  if (judge === undefined) return verify
  return (...given) => {
    const verdict = verify(...given)
    return verdict instanceof Promise ? verdict.then(judge) : judge(verdict)
  }
}

type Judge = (verdict: Verified | Denial) => Verified | Denial

function compileJudge({ acr, maxAge }: StepUp, clock: Clock): Judge | undefined {
  if (acr === undefined && maxAge === undefined) return undefined
  const wanted = acr === undefined ? undefined : listOf(acr)
  const most = maxAge === undefined ? Number.POSITIVE_INFINITY : readDuration(maxAge)
  const weak = refuse({ acr, maxAge }, 'the `acr` of the token is none of those that the route asks for')
  const stale = refuse({ acr, maxAge }, 'the `auth_time` of the token is too long ago, or there is none')
  return (verdict) => {
    if (verdict instanceof Denial) return verdict
    const { claims } = verdict.principal
    if (wanted !== undefined && !wanted.includes(claims.acr)) return weak
    return maxAge === undefined || isRecent(claims.auth_time, most, clock.now()) ? verdict : stale
  }
}

const listOf = (acr: string | readonly string[]): readonly unknown[] => (typeof acr === 'string' ? [acr] : acr)

/** What is no time, or is yet to come, says nothing of how long ago it was. */
function isRecent(time: unknown, most: number, now: number): boolean {
  if (typeof time !== 'number' || !Number.isFinite(time)) return false
  const age = now - time * 1_000
  return age <= most && age >= -skew
}

/** Tells the client what to ask the issuer for (RFC 9470 §3). */
function refuse({ acr, maxAge }: StepUp, cause: string): Denial {
  const asked = [
    'error="insufficient_user_authentication"',
    ...(acr === undefined ? [] : [`acr_values="${listOf(acr).join(' ')}"`]),
    ...(maxAge === undefined ? [] : [`max_age="${readDuration(maxAge) / 1_000}"`]),
  ]
  return deny('step_up_required', { headers: ['WWW-Authenticate', `Bearer ${asked.join(', ')}`], cause })
}

/** What clients are told beforehand. */
export function describeStepUp({ acr, maxAge }: StepUp): Pick<OperationPart, 'refusals' | 'notes'> | undefined {
  if (acr === undefined && maxAge === undefined) return undefined
  const ways =
    acr === undefined
      ? []
      : [
          `by ${listOf(acr)
            .map((value) => `\`${value}\``)
            .join(' or ')}`,
        ]
  const age = maxAge === undefined ? [] : [`no longer than ${maxAge} ago`]
  return { refusals: ['step_up_required'], notes: [`Needs a login ${[...ways, ...age].join(', ')}.`] }
}
