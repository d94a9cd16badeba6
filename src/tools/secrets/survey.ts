/** What can be said of the secrets that policies name, without saying what they are. */

import type { Policy } from '../../policy/policy.ts'
import { secretFaults } from '../../policy/secret-faults.ts'
import { pickMember } from '../../services/secrets/member.ts'
import { openProvider } from '../../services/secrets/provider.ts'
import type { Secret } from '../../services/secrets/secret.ts'
import { type Fetched, type Provider, SecretFault } from '../../services/secrets/secrets.ts'
import type { SecretSettings } from '../../services/secrets/settings.ts'

/** `ok`; `missing` where it cannot be used as it is; `unfit` where a rule refuses it; `away` where nobody can tell. */
export type SecretState = 'ok' | 'missing' | 'unfit' | 'away'

export interface SurveyedSecret {
  readonly name: string
  readonly state: SecretState
  /** Where it is: a variable, a file, a name in Secrets Manager. */
  readonly place: string
  /** A class of lengths, in bytes: `32 to 63 bytes`. */
  readonly length: string | undefined
  /** Its age, its stages. */
  readonly facts: readonly string[]
  /** What is wrong with it. */
  readonly problems: readonly string[]
  /** `file:line` of its references. */
  readonly used: readonly string[]
}

/** In the order of their names. Reads each whole secret once. */
export async function surveySecrets(policy: Policy, settings: SecretSettings): Promise<readonly SurveyedSecret[]> {
  const provider = await openProvider(settings)
  try {
    const looked = await lookAll(namesOf(policy), provider)
    const found = looked.flatMap(({ name, secret }) => (secret ? [[name, secret] as const] : []))
    const faults = secretFaults(policy, new Map(found))
    return looked.map((look) => {
      const problems = (faults.get(look.name) ?? []).map(({ rule, message }) => `${rule}: ${message}`)
      return describe(look, problems, usesOf(policy, look.name))
    })
  } finally {
    provider.close()
  }
}

interface Look {
  readonly name: string
  readonly place: string
  readonly facts: readonly string[]
  readonly secret?: Secret
  readonly fault?: SecretFault
}

const secretsOf = ({ references }: Policy): Policy['references'] => references.filter(({ kind }) => kind === 'secret')

const namesOf = (policy: Policy): readonly string[] => [...new Set(secretsOf(policy).map(({ name }) => name))].sort()

function usesOf(policy: Policy, name: string): readonly string[] {
  const references = secretsOf(policy).filter((reference) => reference.name === name)
  const ranges = references.map(({ at }) => at.source.range(at.path))
  return [...new Set(ranges.map(({ file, line }) => `${file}:${line}`))]
}

function lookAll(names: readonly string[], provider: Provider): Promise<readonly Look[]> {
  const signal = AbortSignal.timeout(provider.deadline)
  const fetched = new Map<string, Promise<Fetched>>()
  const fetch = (whole: string): Promise<Fetched> => {
    const known = fetched.get(whole) ?? provider.fetch(whole, { verifies: false, signal })
    fetched.set(whole, known)
    return known
  }
  return Promise.all(
    names.map(async (name): Promise<Look> => {
      const [whole, member] = provider.split(name)
      const origin = provider.origin(whole)
      const place = member === undefined ? origin.place : `${origin.place}, member \`${member}\``
      try {
        const secret = pickMember((await fetch(whole)).current, member)
        return { name, place, secret, facts: await origin.facts(signal) }
      } catch (error) {
        if (!(error instanceof SecretFault)) throw error
        return { name, place, fault: error, facts: [] }
      }
    }),
  )
}

function describe(
  { name, place, facts, secret, fault }: Look,
  problems: readonly string[],
  used: readonly string[],
): SurveyedSecret {
  const length = secret && lengthOf(secret)
  if (fault === undefined)
    return { name, state: problems.length > 0 ? 'unfit' : 'ok', place, length, facts, problems, used }
  return { name, state: fault.isOutage ? 'away' : 'missing', place, length, facts, problems: [fault.message], used }
}

/** Coarse: the exact length of a password helps to guess it. */
function lengthOf(secret: Secret): string {
  const bytes = Buffer.byteLength(secret.reveal())
  const bounds = [16, 32, 64, 128]
  const above = bounds.findIndex((bound) => bytes < bound)
  if (above === 0) return 'below 16 bytes'
  if (above === -1) return '128 bytes or more'
  return `${bounds[above - 1]} to ${(bounds[above] ?? 0) - 1} bytes`
}
