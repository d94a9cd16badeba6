/** A secret that stands in a policy file as plain text. */

import { hasReference } from '../../core/expression.ts'
import { defineRule } from './rule.ts'

export const plainSecret = defineRule({
  rules: {
    'issuers/plain-secret': {
      severity: 'error',
      cause: 'A secret in a policy file is known to everyone who can read the repository.',
      hint: 'write `${secret:NAME}` and keep the value in the environment or a secrets folder',
    },
  },
  check: ({ issuers, references }) => {
    const filled = new Set(references.map(({ at }) => placeOf(at.source.file, at.path)))
    return issuers.flatMap(({ name, value, at }) => {
      const secret = 'secret' in value ? value.secret : undefined
      const path = [...at.path, 'secret']
      if (typeof secret !== 'string' || hasReference(secret) || filled.has(placeOf(at.source.file, path))) return []
      return [
        {
          rule: 'issuers/plain-secret',
          at: { source: at.source, path },
          message: `the secret of \`${name}\` stands here as plain text`,
        },
      ]
    })
  },
})

const placeOf = (file: string, path: readonly (string | number)[]): string => [file, ...path].join('\0')
