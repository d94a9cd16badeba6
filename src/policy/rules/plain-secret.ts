/** A secret that stands in a policy file as plain text. */

import { hasReference } from '../../core/expression.ts'
import type { UpstreamOptions } from '../../handlers/upstream/checks.ts'
import type { Finding } from '../findings.ts'
import type { Policy } from '../policy.ts'
import { below, type Place, placeKey } from '../source.ts'
import { defineRule } from './rule.ts'

const cause = 'A secret in a policy file is known to everyone who can read the repository.'
const hint = 'write `${secret:NAME}` and keep the value in the environment or a secrets folder'

export const plainSecret = defineRule({
  rules: {
    'issuers/plain-secret': { severity: 'error', cause, hint },
    'upstream/plain-secret': { severity: 'error', cause, hint },
  },
  check(policy) {
    const references = new Map(policy.references.map((reference) => [placeKey(reference.at), reference]))
    return secretsOf(policy).flatMap(({ rule, text, at, name }): readonly Finding[] => {
      const reference = references.get(placeKey(at))
      const written = reference === undefined ? !hasReference(text) : Boolean(reference.fallback)
      const what = reference === undefined ? name : `the default of ${name}`
      return written ? [{ rule, at, message: `${what} stands here as plain text` }] : []
    })
  },
})

interface WrittenSecret {
  readonly rule: string
  readonly text: unknown
  readonly at: Place
  /** As a message calls it. */
  readonly name: string
}

const secretsOf = (policy: Policy): readonly WrittenSecret[] => [...issuerSecrets(policy), ...upstreamSecrets(policy)]

const issuerSecrets = ({ issuers }: Policy): readonly WrittenSecret[] =>
  issuers
    .filter(({ value }) => value.secret !== undefined)
    .map(({ name, value, at }) => ({
      rule: 'issuers/plain-secret',
      text: value.secret,
      at: below(at, 'secret'),
      name: `the secret of \`${name}\``,
    }))

const credentials = /^(authorization|cookie|x-api-key|.*-(secret|token|api-key))$/i

function upstreamSecrets({ routes }: Policy): readonly WrittenSecret[] {
  const blocks = routes.flatMap(({ destinations }) => destinations.filter(({ handler }) => handler.name === 'upstream'))
  const distinct = new Map(blocks.map((block) => [placeKey(block.at), block]))
  return [...distinct.values()].flatMap(({ value, at }) => {
    const { key, headers = {} } = (typeof value === 'object' ? (value ?? {}) : {}) as Partial<UpstreamOptions>
    const named = Object.entries(headers).filter(([name, text]) => credentials.test(name) && !text.includes('${'))
    return [
      ...(key === undefined ? [] : [upstreamSecret(key, below(at, 'key'), 'the key of the certificate')]),
      ...named.map(([name, text]) => upstreamSecret(text, below(at, 'headers', name), `\`${name}\``)),
    ]
  })
}

const upstreamSecret = (text: string, at: Place, name: string): WrittenSecret => ({
  rule: 'upstream/plain-secret',
  text,
  at,
  name,
})
