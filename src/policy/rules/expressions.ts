/** Expressions: they stand only where the language says, and name something that can be there. */

import { type Expression, ExpressionFault, hasExpression, parseExpression } from '../../core/expression.ts'
import type { JsonSchema, Path } from '../../schema/schema.ts'
import type { Finding } from '../findings.ts'
import type { Route } from '../policy.ts'
import type { Place } from '../source.ts'
import { isOnlyPublic } from '../who.ts'
import { defineRule } from './rule.ts'

export const expressions = defineRule({
  rules: {
    'policy/misplaced-expression': {
      severity: 'error',
      cause: 'Here a `${…}` would be taken as plain text: expressions stand only where the language says.',
      hint: 'expressions stand in `rateLimit` (`by`, `limit.on`), `authorize` (`resource`, `roles`), `roles` (`when`) and `upstream.headers`',
    },
    'policy/invalid-expression': {
      severity: 'error',
      cause: 'The text between `${` and `}` is no path.',
      hint: 'write a path such as `${user.id}` or `${params.id}`',
    },
    'policy/empty-expression': {
      severity: 'error',
      cause: 'An expression names something that no request of this route has.',
      hint: 'declare what it names, or name something that is there',
    },
  },
  check: ({ routes, schemas }) => {
    const shared = new Map(schemas.map(({ name, value }) => [name, value]))
    return routes.flatMap((route) => textsOf(route).flatMap((text) => judge(text, route, shared)))
  },
})

interface Text {
  readonly text: string
  readonly at: Place
  /** Whether the language has an expression there. */
  readonly placed: boolean
}

const placed: Readonly<Record<string, (path: Path) => boolean>> = {
  rateLimit: ([, key, on]) => key === 'by' || (key === 'limit' && on === 'on'),
  authorize: ([key]) => key === 'resource' || key === 'roles',
  upstream: ([key]) => key === 'headers',
}

function textsOf(route: Route): readonly Text[] {
  const blocks = [...route.blocks.values()].filter(
    ({ guard, value }) => guard.name !== 'input' && value !== guard.implicit,
  )
  return [
    ...blocks.flatMap(({ guard, value, items, at }) =>
      find(value, guard.name, (path) =>
        placeIn(
          path,
          at,
          items.map((item) => item.at),
        ),
      ),
    ),
    ...route.destinations.flatMap(({ handler, value, at }) =>
      find(value, handler.name, (path) => placeIn(path, at, [])),
    ),
  ]
}

function placeIn(path: Path, at: Place, items: readonly Place[]): Place {
  const item = typeof path[0] === 'number' ? items[path[0]] : undefined
  return item === undefined
    ? { source: at.source, path: [...at.path, ...path] }
    : { source: item.source, path: [...item.path, ...path.slice(1)] }
}

function find(value: unknown, block: string, place: (path: Path) => Place, path: Path = []): readonly Text[] {
  if (hasExpression(value)) return [{ text: value, at: place(path), placed: placed[block]?.(path) ?? false }]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, member]) =>
    find(member, block, place, [...path, Array.isArray(value) ? Number(key) : key]),
  )
}

type Shared = ReadonlyMap<string, JsonSchema>

function judge({ text, at, placed: allowed }: Text, route: Route, shared: Shared): readonly Finding[] {
  if (!allowed) return [{ rule: 'policy/misplaced-expression', at, message: `\`${text}\` is not filled in here` }]
  const expression = parseExpression(text)
  if (expression instanceof ExpressionFault)
    return [{ rule: 'policy/invalid-expression', at, message: expression.message }]
  return expression.paths.flatMap((path) => {
    const fault = emptiness(path, route, shared)
    return fault === undefined ? [] : [{ rule: 'policy/empty-expression', at, message: fault }]
  })
}

type ExpressionPath = Expression['paths'][number]

interface InputBlock {
  readonly query?: 'any' | Readonly<Record<string, unknown>>
  readonly body?: 'any' | JsonSchema
}

/** Why a path can never have a value on this route. */
function emptiness({ root, names }: ExpressionPath, route: Route, shared: Shared): string | undefined {
  const [name = ''] = names
  const { query, body } = (route.blocks.get('input')?.value ?? {}) as InputBlock
  if (root === 'user' && isOnlyPublic(route)) return '`user` is nobody on a public route'
  if (root === 'params' && !route.params.includes(name)) return `the path has no parameter \`${name}\``
  if (root === 'query' && query !== 'any' && !Object.hasOwn(query ?? {}, name))
    return `\`input.query\` does not declare \`${name}\``
  if (root === 'body')
    return body === 'any' || body === undefined
      ? 'the body is not read: `input.body` has no schema'
      : memberFault(body, names, shared)
  return root === 'resource' ? resourceFault(name, route) : undefined
}

function resourceFault(name: string, route: Route): string | undefined {
  const { resource } = (route.blocks.get('authorize')?.value ?? {}) as { readonly resource?: unknown }
  if (resource === undefined) return '`authorize.resource` names no resource'
  const known = typeof resource === 'string' || Object.hasOwn(resource as object, name)
  return known ? undefined : `\`authorize.resource\` has no attribute \`${name}\``
}

/** Follows `properties` as far as they can be followed; a schema with alternatives may hold anything. */
function memberFault(schema: JsonSchema, names: readonly string[], shared: Shared): string | undefined {
  let at: JsonSchema | undefined = schema
  for (const name of names) {
    const target: JsonSchema | undefined = at?.$ref === undefined ? at : shared.get(at.$ref.replace('#/schemas/', ''))
    if (target === undefined || target.oneOf || target.anyOf || target.allOf || target.additionalProperties)
      return undefined
    if (!Object.hasOwn(target.properties ?? {}, name)) return `\`input.body\` has no member \`${name}\``
    at = target.properties?.[name]
  }
  return undefined
}
