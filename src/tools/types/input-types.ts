/** The TypeScript types of what handlers get: one entry a route, made from the input schemas of a policy. */

import type { InputBlock, Parameters } from '../../guards/input/input-block.ts'
import { objectOf } from '../../guards/input/parameters.ts'
import type { Policy, Route } from '../../policy/policy.ts'
import { comment, either, membersOf, nameOf, quote, type TypeText, type } from './expression.ts'
import { SchemaTypes } from './schema-types.ts'

const head = `/** What each route lets in, by method and path: made from the policies by \`portcullis types\`, and not to be edited. */\n`

/** A TypeScript module: `Inputs`, and a type for each shared schema that routes use. */
export function inputTypes({ routes, schemas }: Policy): string {
  const types = new SchemaTypes(Object.fromEntries(schemas.map(({ name, value }) => [name, value])))
  const entries = named(routes).map(
    ([key, route]) => `${comment(route.caption.summary)}${quote(key)}: ${inputOf(route, types).text}`,
  )
  const inputs = `export interface Inputs ${membersOf(entries).text}\n`
  return [head, ...types.declarations(), inputs].join('\n')
}

/** `METHOD /path`; where several hosts have one, with the host. */
function named(routes: readonly Route[]): readonly (readonly [string, Route])[] {
  const byKey = Map.groupBy(routes, ({ method, path }) => `${method} ${path}`)
  return [...byKey]
    .flatMap(([key, [first, ...others]]): readonly (readonly [string, Route])[] => [
      ...(first === undefined ? [] : [[key, first] as const]),
      ...others.map((route) => [`${route.method} ${route.hosts[0] ?? ''}${route.path}`, route] as const),
    ])
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
}

/** The declared parts; under `reportOnly` nothing is sure of any. */
function inputOf(route: Route, types: SchemaTypes): TypeText {
  if (route.reportOnly.includes('input')) return membersOf([])
  const block = (route.blocks.get('input')?.value ?? {}) as InputBlock
  return membersOf([
    ...partOf('params', paramsOf(route, block), types),
    ...(block.query === 'any' ? [anyQuery] : partOf('query', block.query ?? {}, types)),
    ...partOf('headers', lowerCase(block.headers ?? {}), types),
    ...partOf('cookies', block.cookies ?? {}, types),
    ...bodyOf(block, types),
    ...filesOf(block),
  ])
}

const anyQuery = 'readonly query: Readonly<Record<string, string | readonly string[]>>'

/** A parameter of the path that is not declared is a text. */
const paramsOf = ({ params }: Route, { params: declared = {} }: InputBlock): Parameters =>
  Object.fromEntries(
    params.map((name) => [
      name,
      { ...(Object.hasOwn(declared, name) ? declared[name] : { type: 'string' }), required: true },
    ]),
  )

const lowerCase = (headers: Parameters): Parameters =>
  Object.fromEntries(Object.entries(headers).map(([name, schema]) => [name.toLowerCase(), schema]))

function partOf(part: string, parameters: Parameters, types: SchemaTypes): readonly string[] {
  if (Object.keys(parameters).length === 0) return []
  return [`readonly ${part}: ${types.typeOf(objectOf(parameters)).text}`]
}

/** `any` goes through unread. */
function bodyOf({ body, bodyRequired = true, files }: InputBlock, types: SchemaTypes): readonly string[] {
  if (body === undefined) return files === undefined ? [] : ['readonly body: Readonly<Record<string, never>>']
  if (body === 'any') return ['readonly body: undefined']
  const { text } = either([types.typeOf(body), ...(bodyRequired ? [] : [type('undefined')])])
  return [`${comment(body.description)}readonly body: ${text}`]
}

/** The files of a form, by field; one that is not required may have none. */
function filesOf({ files, bodyRequired = true }: InputBlock): readonly string[] {
  if (files === undefined) return []
  const list = 'readonly { readonly name: string; readonly type: string; readonly bytes: Uint8Array }[]'
  const fields = Object.entries(files).map(([name, { required = false }]) => {
    const isThere = required && bodyRequired
    return `readonly ${nameOf(name)}${isThere ? '' : '?'}: ${list}`
  })
  return [`readonly files: ${membersOf(fields).text}`]
}
