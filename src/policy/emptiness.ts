/** Why a path of an expression can never have a value on a route. */

import type { Expression } from '../core/expression.ts'
import type { AuthorizeBlock } from '../guards/authorize/authorize.ts'
import type { InputBlock } from '../guards/input/input-block.ts'
import type { JsonSchema } from '../schema/schema.ts'
import { sharedName } from '../schema/shared-refs.ts'
import type { Route } from './policy.ts'
import { isOnlyPublic } from './who.ts'

type ExpressionPath = Expression['paths'][number]
type Shared = ReadonlyMap<string, JsonSchema>

/** The reason in a few words; undefined where there can be a value. */
export function emptiness({ root, names }: ExpressionPath, route: Route, shared: Shared): string | undefined {
  const [name = ''] = names
  if (root === 'user') return isOnlyPublic(route) ? '`user` is nobody on a public route' : undefined
  if (root === 'params') return route.params.includes(name) ? undefined : `the path has no parameter \`${name}\``
  if (root === 'resource') return resourceFault(name, route)
  const { query, body } = (route.blocks.get('input')?.value ?? {}) as InputBlock
  if (route.broken.has('input')) return undefined
  if (root === 'query' && query !== 'any' && !Object.hasOwn(query ?? {}, name))
    return `\`input.query\` does not declare \`${name}\``
  if (root !== 'body') return undefined
  if (body === 'any' || body === undefined) return 'the body is not read: `input.body` has no schema'
  return memberFault(body, names, shared)
}

function resourceFault(name: string, route: Route): string | undefined {
  const { resource } = (route.blocks.get('authorize')?.value ?? {}) as Partial<AuthorizeBlock>
  if (resource === undefined)
    return route.broken.has('authorize') ? undefined : '`authorize.resource` names no resource'
  const known = typeof resource === 'string' || Object.hasOwn(resource, name)
  return known ? undefined : `\`authorize.resource\` has no attribute \`${name}\``
}

/** Follows `properties` as far as they can be followed; a schema with alternatives may hold anything. */
function memberFault(schema: JsonSchema, names: readonly string[], shared: Shared): string | undefined {
  let at: JsonSchema | undefined = schema
  for (const name of names) {
    const target: JsonSchema | undefined = at?.$ref === undefined ? at : shared.get(sharedName(at.$ref) ?? '')
    if (!isClosedObject(target)) return undefined
    if (!Object.hasOwn(target.properties ?? {}, name)) return `\`input.body\` has no member \`${name}\``
    at = target.properties?.[name]
  }
  return undefined
}

const isClosedObject = (schema: JsonSchema | undefined): schema is JsonSchema =>
  schema !== undefined &&
  !(schema.$ref || schema.oneOf || schema.anyOf || schema.allOf || schema.additionalProperties) &&
  [schema.type].flat().includes('object')
