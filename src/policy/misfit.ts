/** What does not fit the shape of the language, as findings: where, what was expected, and what was probably meant. */

import type { Rules } from '../core/diagnostic.ts'
import { suggest } from '../core/suggest.ts'
import { guards } from '../guards/index.ts'
import { handlers } from '../handlers/index.ts'
import type { Path, SchemaError, Validator } from '../schema/schema.ts'
import type { Finding } from './findings.ts'
import { mapMembers } from './map-members.ts'
import { referencePage } from './reference-page.ts'
import { below, type Place } from './source.ts'

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
    hint: 'give it the form that its page of the reference tells',
  },
  'policy/invalid-value': {
    severity: 'error',
    cause: 'A value is of the right type but out of its bounds or grammar.',
    hint: 'give it the form that its page of the reference tells',
  },
}

export type Report = (finding: Finding) => void

/** The value as its validator leaves it, or undefined with what is wrong reported. */
export function judge<T>(validator: Validator<T>, tree: unknown, at: Place, report: Report): T | undefined {
  const checked = validator.check(tree)
  if (checked.errors === undefined) return checked.value
  for (const error of withoutEchoes(checked.errors)) report(describeMisfit(error, tree, at))
  return undefined
}

/** What of a misfit fits once the members with faults are taken out: it is checked further, never enforced. */
export function salvage<T>(validator: Validator<T>, tree: unknown): T | undefined {
  const { errors = [] } = validator.check(tree)
  const rest = errors.reduce((value: unknown, { path }) => without(value, path), tree)
  const checked = validator.check(rest)
  return checked.errors === undefined ? checked.value : undefined
}

function without(tree: unknown, [first, ...rest]: Path): unknown {
  if (first === undefined || typeof tree !== 'object' || tree === null) return tree
  const change = (member: unknown, key: string | number) =>
    String(key) === String(first) ? without(member, rest) : member
  if (rest.length > 0 || Array.isArray(tree)) return mapMembers(tree, change)
  return Object.fromEntries(Object.entries(tree).filter(([key]) => key !== first))
}

/** A misspelt key is one mistake: the right one is not missing as well. */
function withoutEchoes(errors: readonly SchemaError[]): readonly SchemaError[] {
  const placeOf = ({ path }: SchemaError, name: unknown) => [...path.slice(0, -1), name].join('\0')
  const unknown = errors.filter(({ rule }) => rule === 'additionalProperties')
  const meant = new Set(
    unknown.map((error) => placeOf(error, suggest(String(error.path.at(-1)), error.allowed ?? []) ?? '')),
  )
  return errors.filter((error) => error.rule !== 'required' || !meant.has(placeOf(error, error.path.at(-1))))
}

const typeRules = new Set(['type', 'anyOf', 'oneOf', 'enum', 'const'])

/** A misfit as a finding. */
export function describeMisfit(error: SchemaError, tree: unknown, at: Place): Finding {
  const last = String(error.path.at(-1))
  if (error.rule === 'additionalProperties') return unknownKey(last, error, at)
  if (error.rule === 'required') return missingKey(last, error, at)
  const value = valueAt(tree, error.path)
  const place = below(at, ...error.path)
  return {
    rule: typeRules.has(error.rule) ? 'policy/wrong-type' : 'policy/invalid-value',
    at: place,
    message: messageOf(error, value),
    hint: hintForValue(error, value) ?? `its form is told in ${referencePage(place.path)}`,
  }
}

function messageOf({ message }: SchemaError, value: unknown): string {
  if (typeof value === 'object' || value === undefined) return message
  return `${message.replace(/, received .*$/, '')}, got \`${cut(String(value))}\``
}

function hintForValue(error: SchemaError, value: unknown): string | undefined {
  const { message } = error
  if (typeof value === 'string' && /^expected (an integer|a number)/.test(message) && isNumeric(value))
    return 'write it without quotes'
  if (typeof value === 'string') return hintFor(value, error)
  if (/^expected a string/.test(message) && isScalar(value))
    return 'quote a text that looks like a number; a duration or a size has a unit, such as `30s`'
  if (/^expected a list/.test(message) && value !== null) return 'write each item on a line of its own, after `- `'
  return undefined
}

const isNumeric = (text: string): boolean => /^-?\d+(\.\d+)?$/.test(text)
const isScalar = (value: unknown): boolean => typeof value === 'number' || typeof value === 'boolean'

const unknownKey = (key: string, error: SchemaError, at: Place): Finding => ({
  rule: 'policy/unknown-key',
  at: below(at, ...error.path),
  onKey: true,
  message: `unknown key \`${key}\``,
  hint: hintForKey(key, error),
})

/** It is missing from what holds it, so that is where people look. */
const missingKey = (key: string, { path }: SchemaError, at: Place): Finding => ({
  rule: 'policy/missing-key',
  at: below(at, ...path.slice(0, -1)),
  onKey: true,
  message: `expected the key \`${key}\``,
  hint: `add \`${key}\``,
})

const longest = 60
const cut = (text: string): string => (text.length > longest ? `${text.slice(0, longest)}…` : text)

/** More than this is no help. */
const mostListed = 24

/** Words that people look for in the wrong place. */
const homes: ReadonlyMap<string, string> = new Map([
  ...guards.map(({ name }) => [name, 'in `defaults`, a profile or a route'] as const),
  ...handlers.map(({ name }) => [name, 'in a route'] as const),
  ...[
    'settings',
    'values',
    'issuers',
    'roles',
    'schemas',
    'profiles',
    'service',
    'host',
    'prefix',
    'defaults',
    'routes',
  ].map((name) => [name, 'at the top of a file'] as const),
  ['upstream', 'at the top of a file or in a route'],
  ['use', 'in `defaults` or a route'],
  ['because', 'in `defaults` or a route'],
  ['cost', 'in a route'],
  ['reportOnly', 'in a route'],
  ['summary', 'in a route'],
  ['deprecated', 'in a route'],
  ['document', 'in a route'],
])

function hintForKey(key: string, error: SchemaError): string | undefined {
  const home = homes.get(key)
  return home === undefined ? hintFor(key, error) : `\`${key}\` stands ${home}`
}

function hintFor(written: string, { allowed = [] }: SchemaError): string | undefined {
  const near = suggest(written, allowed)
  if (near !== undefined) return `did you mean \`${near}\`?`
  if (allowed.length === 0 || allowed.length > mostListed) return undefined
  return `known here: ${allowed.map((name) => `\`${name}\``).join(', ')}`
}

function valueAt(tree: unknown, path: Path): unknown {
  let value = tree
  for (const segment of path) value = (value as Record<string | number, unknown> | null | undefined)?.[segment]
  return value
}
