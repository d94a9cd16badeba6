/** Shared input schemas: each is a schema, and each `$ref` names one. */

import { suggest } from '../../core/suggest.ts'
import { checkSchema } from '../../schema/check-schema.ts'
import type { Finding } from '../findings.ts'
import { describeMisfit } from '../misfit.ts'
import type { Policy } from '../policy.ts'
import { refsOf } from '../schema-refs.ts'
import type { Place } from '../source.ts'
import { defineRule } from './rule.ts'

export const sharedSchemas = defineRule({
  rules: {
    'schemas/unknown': {
      severity: 'error',
      cause: 'A `$ref` names a schema that no `schemas` section declares.',
      hint: 'declare it under `schemas`',
    },
    'schemas/invalid': {
      severity: 'error',
      cause: 'A shared schema is not a schema that the engine can hold requests to.',
      hint: 'see the keywords of input schemas in the reference',
    },
  },
  check: (policy) => [...unknownRefs(policy), ...invalidSchemas(policy)],
})

function unknownRefs({ routes, schemas }: Policy): readonly Finding[] {
  const known = schemas.map(({ name }) => name)
  const inputs = routes.flatMap(({ blocks }) => blocks.get('input') ?? [])
  return [...schemas, ...inputs].flatMap(({ value, at }) =>
    refsOf(value)
      .filter(({ name }) => !known.includes(name))
      .map(({ name, path }) => unknown(name, { source: at.source, path: [...at.path, ...path] }, known)),
  )
}

function unknown(name: string, at: Place, known: readonly string[]): Finding {
  const near = suggest(name, known)
  return {
    rule: 'schemas/unknown',
    at,
    message: `no schema is named \`${name}\``,
    hint: near && `did you mean \`#/schemas/${near}\`?`,
  }
}

function invalidSchemas({ schemas }: Policy): readonly Finding[] {
  const shared = Object.fromEntries(schemas.map(({ name, value }) => [name, value]))
  return schemas.flatMap(({ value, at }) =>
    checkSchema(value, { schemas: shared })
      .filter(({ path, rule }) => rule !== '$ref' || !refsOf(value).some((ref) => samePath(ref.path, path)))
      .map((error) => ({ ...describeMisfit(error, value, at), rule: 'schemas/invalid' })),
  )
}

const samePath = (a: readonly unknown[], b: readonly unknown[]): boolean => a.join('\0') === b.join('\0')
