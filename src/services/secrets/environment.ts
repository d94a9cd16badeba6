/** Secrets in the environment: `tls-key` is `PORTCULLIS_SECRET_TLS_KEY`. */

import { Secret } from './secret.ts'
import { type Provider, SecretFault } from './secrets.ts'

/** The variable that holds the secret of this name; other names may lead to it too. */
export const variableOf = (name: string): string => `PORTCULLIS_SECRET_${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`

/** Reads secrets from these variables; an empty one is a missing one. They stay what they are as long as the process runs. */
export const environmentSecrets = (variables: Readonly<Record<string, string | undefined>>): Provider => ({
  freshFor: 0,
  refresh: undefined,
  deadline: 1_000,
  split: (name) => [name],
  async fetch(name) {
    const variable = variableOf(name)
    const value = variables[variable]
    if (!value) throw new SecretFault(`the secret \`${name}\` is missing: set ${variable}`)
    return { current: new Secret(name, value) }
  },
  origin: (name) => ({ place: variableOf(name), facts: async () => [] }),
  close: () => {},
})
