/** The model's schemas: another implementation of JSON Schema judges, after the house rules are spelled out for it. */

import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import type { Json } from '../policy.ts'

const isRecord = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** No name of a member looks inherited to the other implementation. */
const apart = (name: string): string => `:${name}`
const joined = (name: string): string => name.slice(1)

const renamed = (record: Json, rename: (name: string) => string, change: (inner: unknown) => unknown): Json =>
  Object.fromEntries(Object.entries(record).map(([name, inner]) => [rename(name), change(inner)]))

/** The same value with other names in its objects. */
function renamedIn(value: unknown, rename: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamedIn(item, rename))
  return isRecord(value) ? renamed(value, rename, (inner) => renamedIn(inner, rename)) : value
}

/** Closes what is closed in the policy language, and leaves out what is not of the standard. */
function standard(schema: unknown): unknown {
  if (!isRecord(schema)) return schema
  const { transform: _, properties, required, items, oneOf, anyOf, ...rest } = schema
  const isObject = [schema.type].flat().includes('object')
  return {
    ...rest,
    ...(isRecord(properties) && { properties: renamed(properties, apart, standard) }),
    ...(Array.isArray(required) && { required: required.map(apart) }),
    ...(items !== undefined && { items: standard(items) }),
    ...(Array.isArray(oneOf) && { oneOf: oneOf.map(standard) }),
    ...(Array.isArray(anyOf) && { anyOf: anyOf.map(standard) }),
    ...(isObject && schema.additionalProperties === undefined && { additionalProperties: false }),
  }
}

const steps: Readonly<Record<string, (text: string) => string>> = {
  trim: (text) => text.trim(),
  lowercase: (text) => text.toLowerCase(),
  uppercase: (text) => text.toUpperCase(),
}

/** Applies the transforms, before anything is judged. */
function transformed(value: unknown, schema: unknown): unknown {
  if (!isRecord(schema)) return value
  const { transform = [], properties = {}, items } = schema
  if (typeof value === 'string')
    return (transform as string[]).reduce((text, name) => steps[name]?.(text) ?? text, value)
  if (Array.isArray(value)) return value.map((item) => transformed(item, items))
  if (!isRecord(value) || !isRecord(properties)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      transformed(inner, Object.hasOwn(properties, name) ? properties[name] : undefined),
    ]),
  )
}

const known = new Map<string, ValidateFunction>()

function compile(schema: Json, schemas: Json): ValidateFunction {
  const whole = {
    ...(standard(schema) as Json),
    schemas: Object.fromEntries(Object.entries(schemas).map(([n, s]) => [n, standard(s)])),
  }
  const text = JSON.stringify(whole)
  const before = known.get(text)
  if (before !== undefined) return before
  const ajv = new Ajv2020({ strict: false, logger: false, useDefaults: true, ownProperties: true })
  addFormats.default(ajv)
  const validate = ajv.compile(whole)
  if (known.size > 2000) known.clear()
  known.set(text, validate)
  return validate
}

/** The value as the schema leaves it; undefined where it does not fit. */
export function judge(schema: Json, value: unknown, schemas: Json): { readonly value: unknown } | undefined {
  const renamedValue = renamedIn(transformed(value, schema), apart)
  return compile(schema, schemas)(renamedValue) ? { value: renamedIn(renamedValue, joined) } : undefined
}

const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** Reads a text as the declared type. */
function read(text: string, { type, enum: options }: Json): unknown {
  const types: readonly unknown[] =
    type === undefined ? (options as unknown[]).map((option) => typeof option) : [type].flat()
  if (types.includes('string')) return text
  if (types.includes('boolean') && /^(true|false)$/.test(text)) return text === 'true'
  const number = Number(text)
  const isExact = Number.isFinite(number) && (Number.isSafeInteger(number) || !Number.isInteger(number))
  const isWanted = types.includes('number') || (types.includes('integer') && Number.isInteger(number))
  return isWanted && jsonNumber.test(text) && isExact ? number : text
}

/** Reads what came under one name; a list where a list is declared. */
export function readTexts(came: string | readonly string[], schema: Json): unknown {
  if (schema.type !== 'array') return typeof came === 'string' ? read(came, schema) : came
  return [came].flat().map((text) => read(text, schema.items as Json))
}
