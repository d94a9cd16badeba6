/** The shapes of the language: one validator a section and block. */

import { guards } from '../guards/index.ts'
import { handlers } from '../handlers/index.ts'
import { any, array, boolean, integer, record, type Schema, string, union, word } from '../schema/builder.ts'
import { compileSchema } from '../schema/compile.ts'
import type { Validator } from '../schema/schema.ts'
import { issuerSchema } from '../services/keys/issuer.ts'
import { roleSchema } from '../services/roles/rule.ts'
import { judge, type Report } from './misfit.ts'
import { placeholder } from './references.ts'
import { serviceName } from './service-name.ts'
import { settingsSchema } from './settings.ts'
import type { Place } from './source.ts'

/** An object as it was written. */
export type Tree = Readonly<Record<string, unknown>>

const compile = <T>(schema: Schema<T>): Validator<T> => compileSchema(schema, { maxErrors: 1000, placeholder })

/** Whatever stands there, judged later by its own validator. */
const later = (description: string): Schema<unknown> => any({ description })
const map = (description: string): Schema<Tree> => record(any(), { description })

const guardKeys = Object.fromEntries(guards.map(({ name, summary }) => [`${name}?`, later(summary)]))
const handlerKeys = Object.fromEntries(handlers.map(({ name, summary }) => [`${name}?`, later(summary)]))
/** The guards that may stand in `reportOnly`. */
export const reportable: readonly string[] = guards.filter((guard) => guard.reportable).map(({ name }) => name)
const host = string({ minLength: 1, maxLength: 253 })

const closed = (keys: Readonly<Record<string, Schema<unknown>>>): Schema<Tree> => ({
  json: {
    type: 'object',
    properties: Object.fromEntries(Object.entries(keys).map(([name, { json }]) => [name.replace(/\?$/, ''), json])),
  },
})

const use = string({ minLength: 1, description: 'The profile whose blocks hold here.' })
const because = string({ minLength: 3, description: 'Why this is weaker than what it inherits.' })

/** The keys of each object that has parts of several kinds; `later` ones are judged by themselves. */
export const shapeSchemas = {
  file: closed({
    settings: later('The server; one per directory.'),
    values: map('Typed values that environments change.'),
    issuers: map('Whose tokens are accepted.'),
    roles: map('What each role can do to which subject.'),
    schemas: map('Input schemas to share.'),
    profiles: map('Named sets of blocks to share over files.'),
    service: serviceName,
    host: union([host, array(host, { minItems: 1, uniqueItems: true })], {
      description: 'The hosts that the routes answer; `*.shop.example` for the direct subdomains.',
    }),
    prefix: string({ description: 'Stands before the path of every route.' }),
    upstream: later('Where allowed requests go.'),
    defaults: map('Blocks that every route of this file inherits.'),
    routes: map('From `METHOD /path` to a route.'),
  }),
  defaults: closed({ ...guardKeys, use, because }),
  profile: closed(guardKeys),
  route: closed({
    ...guardKeys,
    ...handlerKeys,
    use,
    because,
    cost: integer({
      minimum: 1,
      maximum: 1_000_000,
      examples: [5],
      description: 'How much of each limit one request takes.',
    }),
    reportOnly: array(word(reportable), {
      uniqueItems: true,
      description: 'Guards that decide and count, but do not refuse.',
    }),
    summary: string({ minLength: 1, maxLength: 200, description: 'What the route is for, in a few words.' }),
    description: string({ minLength: 1, description: 'What its callers should know, in Markdown.' }),
    deprecated: boolean({ description: 'Tells its callers to look for another; it answers as before.' }),
    document: boolean({ description: 'Whether the OpenAPI document shows the route; true unless told.' }),
  }),
}

/** Their validators. */
export const shapes = {
  file: compile(shapeSchemas.file),
  defaults: compile(shapeSchemas.defaults),
  profile: compile(shapeSchemas.profile),
  route: compile(shapeSchemas.route),
}

/** The keys of these objects that no other validator reads. */
const ownKeys = [
  'service',
  'host',
  'prefix',
  'use',
  'because',
  'cost',
  'reportOnly',
  'summary',
  'description',
  'deprecated',
  'document',
]

/** The members of an object, its own keys read; where some do not fit, those are reported and the others still count. */
export function judgeMembers(shape: Validator<Tree>, value: unknown, at: Place, report: Report): Tree {
  const fit = judge(shape, value, at, report) ?? {}
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {}
  const read = ownKeys.filter((key) => Object.hasOwn(fit, key)).map((key) => [key, fit[key]] as const)
  return read.length === 0 ? (value as Tree) : { ...value, ...Object.fromEntries(read) }
}

export const settingsShape = compile(settingsSchema)
export const issuerShape = compile(issuerSchema)
export const roleShape = compile(array(roleSchema))
export const guardShapes: ReadonlyMap<string, Validator> = new Map(
  guards.map(({ name, schema }) => [name, compile(schema)]),
)
export const handlerShapes: ReadonlyMap<string, Validator> = new Map(
  handlers.map(({ name, schema }) => [name, compile(schema)]),
)
