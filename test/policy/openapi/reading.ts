/** OpenAPI documents as tests read them. */

import { Validator } from '@seriousme/openapi-schema-validator'
import type { ExecutionContext } from 'ava'
import { openApiDocument } from '../../../src/policy/openapi/document.ts'
import { policyOf } from '../folder.ts'

/** What stands at a path in a document. */
export const at = (document: unknown, ...path: readonly (string | number)[]): unknown =>
  path.reduce((value, name) => (value as Readonly<Record<string, unknown>> | undefined)?.[name], document)

/** A validator that is not ours has nothing to say of it, and all its references lead somewhere. */
export async function validate(t: ExecutionContext, document: unknown): Promise<void> {
  const validator = new Validator()
  const { valid, errors } = await validator.validate(structuredClone(document) as Record<string, unknown>)
  t.true(valid, JSON.stringify(errors))
  t.notThrows(() => validator.resolveRefs())
}

/** The valid document of one policy file, as a client reads it. */
export async function documentOf(t: ExecutionContext, text: string, host?: string): Promise<unknown> {
  const document: unknown = JSON.parse(JSON.stringify(openApiDocument(policyOf(t, text), host)))
  await validate(t, document)
  return document
}

/** Each operation with its method and path. */
export const operationsOf = (document: unknown): readonly (readonly [string, unknown])[] =>
  Object.entries(at(document, 'paths') as object).flatMap(([path, item]) =>
    Object.entries(item as object).map(([method, operation]) => [`${method} ${path}`, operation] as const),
  )
