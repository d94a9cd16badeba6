/** Secrets with names of their own that are read from one variable of the environment. */

import { variableOf } from '../../services/secrets/environment.ts'
import type { Finding } from '../findings.ts'
import type { Policy, Reference } from '../policy.ts'
import { defineRule } from './rule.ts'

export const secretCollision = defineRule({
  rules: {
    'policy/secret-collision': {
      severity: 'error',
      cause: 'Two secrets are read from the same environment variable, so that one of them has the value of the other.',
      hint: 'give one of them a name that differs in letters or digits; or, if they are one secret, the same name',
    },
  },
  check(policy) {
    if (!readsEnvironment(policy)) return []
    const secrets = policy.references.filter(({ kind }) => kind === 'secret')
    return [...Map.groupBy(secrets, ({ name }) => variableOf(name)).values()].flatMap(judge)
  },
})

/** Where the settings have faults, nothing is known of the provider. */
function readsEnvironment({ settings: [settings], files }: Policy): boolean {
  if (settings === undefined) return files.every(({ sections }) => sections.settings === undefined)
  return (settings.value.secrets?.provider ?? 'env') === 'env'
}

/** References to one variable; of each further name, the first place is told. */
function judge(references: readonly Reference[]): readonly Finding[] {
  const byName = Map.groupBy(references, ({ name }) => name)
  const [known, ...others] = [...byName.values()].flatMap(([first]) => first ?? [])
  if (known === undefined) return []
  return others.map(({ name, at }) => ({
    rule: 'policy/secret-collision',
    at,
    message: `the secret \`${name}\` is read from \`${variableOf(name)}\`, as is \`${known.name}\``,
    related: [{ at: known.at, message: `\`${known.name}\`` }],
  }))
}
