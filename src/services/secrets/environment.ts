/** Secrets in the environment: `tls-key` is `PORTCULLIS_SECRET_TLS_KEY`. */

import type { Secrets } from './secrets.ts'

/** The variable that holds the secret of this name; other names may lead to it too. */
export const variableOf = (name: string): string => `PORTCULLIS_SECRET_${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`

/** Reads secrets from these variables; an empty one is a missing one. */
export const environmentSecrets = (variables: Readonly<Record<string, string | undefined>>): Secrets => ({
  async read(name) {
    const variable = variableOf(name)
    const value = variables[variable]
    if (!value) throw new Error(`the secret \`${name}\` is missing: set ${variable}`)
    return value
  },
})
