/** Expressions: they stand only where the language says, and name something that can be there. */

import { ExpressionFault, hasExpression, hasReference, parseExpression } from '../../core/expression.ts'
import type { JsonSchema, Path } from '../../schema/schema.ts'
import { emptiness } from '../emptiness.ts'
import type { Finding } from '../findings.ts'
import type { Origin, Policy, Route } from '../policy.ts'
import { below, type Place, placeKey } from '../source.ts'
import { defineRule } from './rule.ts'

export const expressions = defineRule({
  rules: {
    'policy/misplaced-expression': {
      severity: 'error',
      cause: 'Here a `${…}` would be taken as plain text: expressions stand only where the language says.',
      hint: 'expressions stand in `rateLimit` (`by`, `limit.on`), `concurrency` (`by`), `authorize` (`resource`, `roles`), `audit` (`resource`, `details`), `roles` (`when`) and `upstream.headers`',
    },
    'policy/invalid-expression': {
      severity: 'error',
      cause: 'The text between `${` and `}` is no path.',
      hint: 'write a path such as `${user.id}` or `${params.id}`',
    },
    'policy/empty-expression': {
      severity: 'error',
      cause: 'An expression names something that no request of any route it stands for has.',
      hint: 'declare what it names, or name something that is there',
    },
  },
  check: (policy) => [...checkRoutes(policy), ...checkSections(policy)],
})

interface Text {
  readonly text: string
  readonly at: Place
  readonly block: string
  /** Whether the language has an expression there. */
  readonly placed: boolean
}

type Shared = ReadonlyMap<string, JsonSchema>

/** An inherited text stands for several routes: it names nothing only if it does so on every one of them. */
function checkRoutes({ routes, schemas }: Policy): readonly Finding[] {
  const shared = new Map(schemas.map(({ name, value }) => [name, value]))
  const places = new Map<string, readonly Finding[]>()
  for (const route of routes) {
    for (const text of textsOf(route)) {
      const key = placeKey(text.at)
      const before = places.get(key)
      if (before?.length !== 0) places.set(key, judge(text, route, shared))
    }
  }
  return [...places.values()].flat()
}

/** These say themselves, and more exactly, why a text is no expression. */
const readsItsOwn = new Set(['authorize', 'upstream'])

/** What is read after `authorize` found the resource. */
const readsResource = new Set(['concurrency', 'audit', 'upstream'])

/** What stands in these is text for people, or a language of its own. */
const silent = new Set(['pattern', 'title', 'description', 'examples'])

function textsOf(route: Route): readonly Text[] {
  const blocks = [...route.blocks.values()].filter(({ guard, value }) => value !== guard.implicit)
  return [
    ...blocks.flatMap(({ guard, value, items, at }) => find(value, guard, (path) => placeIn(path, at, items))),
    ...route.destinations.flatMap(({ handler, value, at }) => find(value, handler, (path) => below(at, ...path))),
  ]
}

function placeIn([first, ...rest]: Path, at: Place, items: readonly Origin[]): Place {
  if (first === undefined) return at
  const item = typeof first === 'number' ? items[first] : undefined
  return item === undefined ? below(at, first, ...rest) : below(item.at, ...rest)
}

interface Holder {
  readonly name: string
  readonly expressions?: readonly string[]
}

function find(value: unknown, holder: Holder, place: (path: Path) => Place, path: Path = []): readonly Text[] {
  const { name: block, expressions = [] } = holder
  if (hasExpression(value)) return [{ text: value, at: place(path), block, placed: isBelow(path, expressions) }]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, member]) =>
    block === 'input' && silent.has(key)
      ? []
      : find(member, holder, place, [...path, Array.isArray(value) ? Number(key) : key]),
  )
}

/** Whether a path leads into one of these options, whichever item of a list it goes through. */
function isBelow(path: Path, options: readonly string[]): boolean {
  const names = path.filter((segment) => typeof segment === 'string').join('.')
  return options.some((option) => `${names}.`.startsWith(`${option}.`))
}

/** A text that is not filled in yet is judged once it is. */
function judge({ text, at, block, placed: allowed }: Text, route: Route, shared: Shared): readonly Finding[] {
  if (!allowed) return [misplaced(text, at)]
  if (hasReference(text)) return []
  const expression = parseExpression(text)
  if (expression instanceof ExpressionFault)
    return readsItsOwn.has(block) ? [] : [{ rule: 'policy/invalid-expression', at, message: expression.message }]
  const paths = expression.paths.filter(({ root }) => root !== 'resource' || readsResource.has(block))
  return paths.flatMap((path) => {
    const fault = emptiness(path, route, shared)
    return fault === undefined ? [] : [{ rule: 'policy/empty-expression', at, message: fault }]
  })
}

const misplaced = (text: string, at: Place): Finding => ({
  rule: 'policy/misplaced-expression',
  at,
  message: `\`${text}\` is not filled in here`,
})

/** In these sections nothing is ever read from a request; what a reference brought is no expression, whatever it looks like. */
function checkSections({ files, references }: Policy): readonly Finding[] {
  const filled = new Set(references.map(({ at }) => placeKey(at)))
  return files.flatMap(({ at, sections }) =>
    ['settings', 'issuers', 'service', 'host', 'prefix'].flatMap((name) =>
      find(sections[name], { name }, (path) => below(at, name, ...path))
        .filter((text) => !filled.has(placeKey(text.at)))
        .map((text) => misplaced(text.text, text.at)),
    ),
  )
}
