/** Shared input schemas: each is a schema, and each `$ref` leads to one. */

import { hasReference } from '../../core/expression.ts'
import { suggest } from '../../core/suggest.ts'
import { checkSchema } from '../../schema/check-schema.ts'
import type { JsonSchema, SchemaError } from '../../schema/schema.ts'
import { refsOf } from '../../schema/shared-refs.ts'
import type { Finding } from '../findings.ts'
import { describeMisfit } from '../misfit.ts'
import type { Named, Policy } from '../policy.ts'
import { below, type Place } from '../source.ts'
import { defineRule } from './rule.ts'

export const sharedSchemas = defineRule({
  rules: {
    'schemas/unknown': {
      severity: 'error',
      cause: 'A `$ref` names a schema that no `schemas` section declares, or leads to no schema inside it.',
      hint: 'declare it under `schemas`',
    },
    'schemas/invalid': {
      severity: 'error',
      cause: 'A shared schema is not a schema that the engine can hold requests to.',
      hint: 'its keywords are told in docs/reference/input-schemas.md',
    },
    'schemas/unsatisfiable': {
      severity: 'error',
      cause: 'No value can ever be as this schema asks.',
      hint: 'loosen one of the conditions',
    },
  },
  check(policy) {
    const shared = Object.fromEntries(policy.schemas.map(({ name, value }) => [name, value]))
    return [...findBadRefs(policy, shared), ...findInvalid(policy.schemas, shared)]
  },
})

type Shared = Readonly<Record<string, JsonSchema>>

function findBadRefs({ routes, schemas }: Policy, shared: Shared): readonly Finding[] {
  const inputs = routes.flatMap(({ blocks }) => blocks.get('input') ?? [])
  return [...schemas, ...inputs].flatMap(({ value, at }) =>
    refsOf(value).flatMap(({ name, path }) => judgeRef(name, { value, at: below(at, ...path), path }, shared)),
  )
}

interface WrittenRef {
  /** What the reference stands in. */
  readonly value: unknown
  readonly at: Place
  readonly path: readonly (string | number)[]
}

function judgeRef(name: string, { value, at, path }: WrittenRef, shared: Shared): readonly Finding[] {
  if (!Object.hasOwn(shared, name)) {
    const near = suggest(name, Object.keys(shared))
    const hint = near && `did you mean \`#/schemas/${near}\`?`
    return [{ rule: 'schemas/unknown', at, message: `no schema is named \`${name}\``, hint }]
  }
  const $ref = path.reduce((holder, segment) => (holder as Record<string | number, unknown>)[segment], value)
  if ($ref === `#/schemas/${name}`) return []
  const lost = checkSchema({ $ref }, { schemas: shared }).filter(
    ({ rule, path: [keyword] }) => rule === '$ref' && keyword === '$ref',
  )
  return lost.map(({ message }) => ({ rule: 'schemas/unknown', at, message, hint: `see what \`${name}\` holds` }))
}

/** A schema with references that are not filled in yet is judged once they are. */
function findInvalid(schemas: readonly Named<JsonSchema>[], shared: Shared): readonly Finding[] {
  const known = schemas.filter(({ value }) => !hasReference(JSON.stringify(value)))
  return known.flatMap(({ value, at }) => {
    const lost = new Set(
      refsOf(value).flatMap(({ name, path }) => (Object.hasOwn(shared, name) ? [] : path.join('\0'))),
    )
    return checkSchema(value, { schemas: shared })
      .filter(({ path, rule }) => rule !== '$ref' || !lost.has(path.join('\0')))
      .map((error) => describeFault(error, value, at))
  })
}

function describeFault(error: SchemaError, value: JsonSchema, at: Place): Finding {
  const last = String(error.path.at(-1))
  if (error.rule === 'unsatisfiable')
    return { rule: 'schemas/unsatisfiable', at: below(at, ...error.path), message: error.message }
  if (error.rule !== 'keyword') {
    const misfit = describeMisfit(error, value, at)
    return {
      ...misfit,
      rule: 'schemas/invalid',
      hint: error.rule === '$ref' ? 'let it lead to another schema' : misfit.hint,
    }
  }
  const near = suggest(last, error.allowed ?? [])
  return {
    rule: 'schemas/invalid',
    at: below(at, ...error.path),
    onKey: true,
    message: `unsupported keyword \`${last}\``,
    hint: near && `did you mean \`${near}\`?`,
  }
}
