/** The shapes of the language: one validator a section and block, and how a misfit becomes a finding. */

import type { Rules } from '../core/diagnostic.ts'
import { suggest } from '../core/suggest.ts'
import { guards } from '../guards/index.ts'
import { handlers } from '../handlers/index.ts'
import { any, array, integer, record, type Schema, string, union, word } from '../schema/builder.ts'
import { compileSchema } from '../schema/compile.ts'
import type { JsonSchema, Path, SchemaError, Validator } from '../schema/schema.ts'
import { issuerSchema } from '../services/keys/issuer.ts'
import { roleSchema } from '../services/roles/rule.ts'
import type { Finding } from './findings.ts'
import { placeholder } from './references.ts'
import { settingsSchema } from './settings.ts'
import type { Place } from './source.ts'

export const shapeRules: Rules = {
  'policy/unknown-key': {
    severity: 'error',
    cause: 'Every object of the language is closed: a key that nothing enforces would give false safety.',
    hint: 'take the key out',
  },
  'policy/missing-key': {
    severity: 'error',
    cause: 'A key that the block cannot do without is not there.',
    hint: 'add the key',
  },
  'policy/wrong-type': {
    severity: 'error',
    cause: 'A value is of another type or word than the language knows there.',
    hint: 'see the form of this block in the reference',
  },
  'policy/invalid-value': {
    severity: 'error',
    cause: 'A value is of the right type but out of its bounds or grammar.',
    hint: 'see the form of this block in the reference',
  },
}

const compile = <T>(schema: Schema<T>): Validator<T> => compileSchema(schema, { maxErrors: 1000, placeholder })

/** Whatever stands there, judged later by its own validator. */
const later = (description: string): Schema<unknown> => any({ description })
const map = (description: string): Schema<Readonly<Record<string, unknown>>> => record(any(), { description })

const guardKeys = Object.fromEntries(guards.map(({ name, summary }) => [`${name}?`, later(summary)]))
const handlerKeys = Object.fromEntries(handlers.map(({ name, summary }) => [`${name}?`, later(summary)]))
const reportable = guards.filter((guard) => guard.reportable).map(({ name }) => name)
const host = string({ minLength: 1, maxLength: 253 })

const closed = (keys: Readonly<Record<string, Schema<unknown>>>): JsonSchema => ({
  type: 'object',
  properties: Object.fromEntries(Object.entries(keys).map(([name, { json }]) => [name.replace(/\?$/, ''), json])),
})

const use = string({ minLength: 1, description: 'The profile whose blocks hold here.' })
const because = string({ minLength: 3, description: 'Why this route is weaker than what it inherits.' })

/** The keys of each object whose members are judged one by one. */
export const shapes = {
  file: compile<Readonly<Record<string, unknown>>>({
    json: closed({
      settings: later('The server; one per directory.'),
      values: map('Typed values that environments change.'),
      issuers: map('Whose tokens are accepted.'),
      roles: map('What each role can do to which subject.'),
      schemas: map('Input schemas to share.'),
      profiles: map('Named sets of blocks to share over files.'),
      service: string({
        pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$',
        title: 'a name',
        description: 'Names the routes of this file.',
      }),
      host: union([host, array(host, { minItems: 1 })], { description: 'The hosts that the routes answer.' }),
      prefix: string({ description: 'Stands before the path of every route.' }),
      upstream: later('Where allowed requests go.'),
      defaults: map('Blocks that every route of this file inherits.'),
      routes: map('From `METHOD /path` to a route.'),
    }),
  }),
  defaults: compile<Readonly<Record<string, unknown>>>({ json: closed({ ...guardKeys, use, because }) }),
  profile: compile<Readonly<Record<string, unknown>>>({ json: closed(guardKeys) }),
  route: compile<Readonly<Record<string, unknown>>>({
    json: closed({
      ...guardKeys,
      ...handlerKeys,
      use,
      because,
      cost: integer({ minimum: 1, maximum: 1_000_000, description: 'How much of each limit one request takes.' }),
      reportOnly: array(word(reportable), {
        uniqueItems: true,
        description: 'Guards that decide and count, but do not refuse.',
      }),
    }),
  }),
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

/** The value as its validator leaves it, or undefined with what is wrong reported. */
export function judge<T>(
  validator: Validator<T>,
  tree: unknown,
  at: Place,
  report: (finding: Finding) => void,
): T | undefined {
  const checked = validator.check(tree)
  if (checked.errors === undefined) return checked.value
  for (const error of checked.errors) report(describe(error, tree, at))
  return undefined
}

const typeRules = new Set(['type', 'anyOf', 'oneOf', 'enum', 'const'])

/** A misfit as a finding, with what was probably meant. */
export function describe(error: SchemaError, tree: unknown, at: Place): Finding {
  const place = { source: at.source, path: [...at.path, ...error.path] }
  const last = error.path.at(-1)
  if (error.rule === 'additionalProperties') {
    return {
      rule: 'policy/unknown-key',
      at: place,
      onKey: true,
      message: `unknown key \`${last}\``,
      hint: hintFor(String(last), error),
    }
  }
  if (error.rule === 'required')
    return { rule: 'policy/missing-key', at: place, message: `expected the key \`${last}\`` }
  const rule = typeRules.has(error.rule) ? 'policy/wrong-type' : 'policy/invalid-value'
  const value = valueAt(tree, error.path)
  return {
    rule,
    at: place,
    message: error.message,
    hint: typeof value === 'string' ? hintFor(value, error) : undefined,
  }
}

function hintFor(written: string, { allowed = [] }: SchemaError): string | undefined {
  const near = suggest(written, allowed)
  if (near !== undefined) return `did you mean \`${near}\`?`
  return allowed.length > 0 ? `known here: ${allowed.map((name) => `\`${name}\``).join(', ')}` : undefined
}

function valueAt(tree: unknown, path: Path): unknown {
  let value = tree
  for (const segment of path) value = (value as Record<string | number, unknown> | undefined)?.[segment]
  return value
}
