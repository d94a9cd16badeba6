/** One operation of an OpenAPI document: what the guards and the destination of a route say, put together. */

import type { JsonSchema } from '../../schema/schema.ts'
import type { StandardWriter } from '../../schema/standard.ts'
import type { AnswerPart, HeaderPart, OperationPart } from '../../services/openapi.ts'
import type { Route } from '../policy.ts'
import { writeForm } from './form.ts'
import { headerRefs } from './headers.ts'
import { type Part, partsOf } from './parts.ts'
import type { Refusals } from './refusals.ts'
import type { Security } from './security.ts'

/** What the operations of one document share. */
export interface Shared {
  readonly schemas: StandardWriter
  readonly security: Security
  readonly refusals: Refusals
  /** The headers of answers that operations told of. */
  readonly headers: Map<string, HeaderPart>
  operationId(method: string, template: string): string
}

/** A route at one of its methods, under the parameter names of its path. */
export interface Located {
  readonly route: Route
  readonly method: string
  readonly template: string
  readonly names: readonly string[]
}

const unknownAnswer: Readonly<Record<string, AnswerPart>> = { '2XX': { description: 'The answer of the service.' } }

export function operationOf({ route, method, template, names }: Located, shared: Shared) {
  const { summary, description, deprecated } = route.caption
  const parts = partsOf(route)
  const parameters = parts.flatMap((part) => parametersOf(part, { route, names }, shared.schemas))
  const body = parts.find((part) => part.body !== undefined)?.body
  const text = [description, listOf(parts.flatMap(({ notes = [] }) => notes))].filter(Boolean).join('\n\n')
  return {
    ...(summary !== undefined && { summary }),
    ...(text !== '' && { description: text }),
    operationId: shared.operationId(method, template),
    tags: [route.service],
    ...(deprecated === true && { deprecated }),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && { requestBody: bodyOf(body, shared.schemas) }),
    responses: responsesOf(parts, shared),
    security: securityOf(parts, shared),
    ...Object.assign({}, ...parts.map(({ extensions }) => extensions)),
  }
}

const listOf = (notes: readonly string[]): string =>
  notes.length > 1 ? notes.map((note) => `- ${note}`).join('\n') : notes.join('')

interface Naming {
  readonly route: Route
  readonly names: readonly string[]
}

function parametersOf({ parameters = {} }: Part, naming: Naming, schemas: StandardWriter): readonly unknown[] {
  return Object.entries(parameters).flatMap(([place, object]) =>
    Object.entries(object.properties ?? {}).map(([name, schema]) => {
      const { description, deprecated, ...written } = schemas.write(schema, object)
      const text = [description, restOf(naming.route, place, name)].filter(Boolean).join(' ')
      return {
        name: place === 'path' ? nameOf(name, naming) : name,
        in: place,
        ...(text !== '' && { description: text }),
        required: place === 'path' || isRequired(object, name),
        ...(deprecated === true && { deprecated }),
        schema: written,
      }
    }),
  )
}

const isRequired = ({ required = [] }: JsonSchema, name: string): boolean => required.includes(name)

/** Under the name that the path of the document gives it. */
const nameOf = (name: string, { route, names }: Naming): string => names[route.params.indexOf(name)] ?? name

/** OpenAPI knows no parameter that spans segments. */
const restOf = ({ path }: Route, place: string, name: string): string | undefined =>
  place === 'path' && path.endsWith(`/*${name}`) ? 'The rest of the path, with its slashes.' : undefined

function bodyOf({ required, types, schema, files }: NonNullable<OperationPart['body']>, schemas: StandardWriter) {
  const content =
    schema === undefined ? {} : files ? writeForm(schema, files, schemas) : { schema: schemas.write(schema) }
  return { required, content: Object.fromEntries(types.map((type) => [type, content])) }
}

function securityOf(parts: readonly Part[], { security }: Shared): readonly unknown[] {
  const scopes = parts.find((part) => part.scopes !== undefined)?.scopes
  return parts.flatMap(({ credentials }) => (credentials ? security.requirements(credentials, scopes) : []))
}

function responsesOf(parts: readonly Part[], { security, refusals, headers }: Shared) {
  const own: Readonly<Record<string, HeaderPart>> = Object.assign({}, ...parts.map((part) => part.headers))
  for (const [name, part] of Object.entries(own)) headers.set(name, part)
  const refs = headerRefs(['X-Request-Id', ...Object.keys(own)])
  const answers = parts.find((part) => part.answers !== undefined)?.answers ?? unknownAnswer
  const keys = parts.some(({ credentials }) => credentials && security.fetchesKeys(credentials))
  const codes = parts.flatMap((part) => part.refusals).filter((code) => keys || code !== 'keys_unavailable')
  const told = Object.entries(answers).map(([status, answer]) => [status, { ...answer, headers: refs }])
  return { ...Object.fromEntries(told), ...refusals.responses(codes) }
}
