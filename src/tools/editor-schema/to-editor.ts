/** A schema of the language as editors understand it: closed where it is silent, and open to references. */

import { referencePattern } from '../../core/expression.ts'
import { keywords } from '../../schema/keywords.ts'
import type { JsonSchema, JsonType } from '../../schema/schema.ts'
import { labelOf, typesOf, valuesOf } from '../../schema/types.ts'
import { definition, type EditorSchema } from './draft-07.ts'

/** What can stand in place of every value that is written out. */
export const reference: EditorSchema = {
  title: 'reference',
  description:
    'Filled in when policies are loaded: `${value:NAME}`, `${env:NAME}`, `${env:NAME:-default}`, `${secret:NAME}` or `${file:PATH}`.',
  type: 'string',
  pattern: referencePattern,
}

/** The draft-07 form of a schema; wherever a value is written out, a reference may stand for it. */
export function toEditor(schema: JsonSchema): EditorSchema {
  const notes = notesOf(schema)
  if (schema.$ref !== undefined) return referring(schema.$ref, notes)
  if (schema.anyOf !== undefined) return choice(schema.anyOf.map(formOf), notes)
  if (valuesOf(schema) !== undefined) return choice([wordsOf(schema)], notes)
  const types = typesOf(schema) ?? []
  return { ...notes, ...(types.length === 1 ? typed(types[0] as JsonType, schema) : { type: types }) }
}

/** In draft-07 nothing beside a `$ref` counts. */
const referring = ($ref: string, notes: EditorSchema): EditorSchema =>
  Object.keys(notes).length === 0 ? { $ref } : { ...notes, anyOf: [{ $ref }] }

/** One form of a value that has several. */
export const formOf = (form: JsonSchema): EditorSchema =>
  valuesOf(form) === undefined ? toEditor(form) : { ...notesOf(form), ...wordsOf(form) }

/** Several forms of one value, one of which takes references. */
export function choice(forms: readonly EditorSchema[], notes: EditorSchema): EditorSchema {
  const told = [...forms.filter(isNotFree), ...forms.filter(isFree)].map((form) => describeAfter(notes, form))
  const takesReferences = told.some(({ type }) => [type].flat().includes('string'))
  return { ...notes, anyOf: takesReferences ? told : [...told, definition('reference')] }
}

/** A form that any text fits comes last: of what fits no form, editors say how it misses the first. */
const isFree = ({ type, pattern }: EditorSchema): boolean => type === 'string' && pattern === undefined
const isNotFree = (form: EditorSchema): boolean => !isFree(form)

/** Editors show the first description they find, from the inside out: so each form says what the whole is for as well. */
function describeAfter(whole: EditorSchema, form: EditorSchema): EditorSchema {
  if (whole.description === undefined || form.description === undefined) return form
  const first = whole.markdownDescription ?? whole.description
  return { ...form, markdownDescription: `${first}\n\n${form.markdownDescription ?? form.description}` }
}

/** What is told of a value. The titles of the language are parts of its messages, no headings. */
const notesOf = ({ description, examples, default: fallback }: JsonSchema): EditorSchema => ({
  ...(description !== undefined && { description }),
  ...(description?.includes('`') && { markdownDescription: description }),
  ...(fallback !== undefined && { default: fallback }),
  ...(examples !== undefined && { examples }),
})

const wordsOf = (schema: JsonSchema): EditorSchema =>
  schema.enum === undefined ? { const: schema.const } : { enum: schema.enum }

/** The bounds that mean the same in draft-07. */
const bounds = [
  ...(['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'] as const),
  ...(['minItems', 'maxItems', 'uniqueItems', 'minProperties', 'maxProperties', 'required'] as const),
]

function typed(type: JsonType, schema: JsonSchema): EditorSchema {
  if (type === 'null') return { type }
  if (type === 'string') return textOf(schema)
  return {
    type: [type, 'string'],
    pattern: referencePattern,
    // On an object, `errorMessage` would stand in place of what is said of its keys, too.
    [type === 'object' ? 'patternErrorMessage' : 'errorMessage']: `expected ${labelOf(type)}`,
    ...Object.fromEntries(bounds.filter((name) => schema[name] !== undefined).map((name) => [name, schema[name]])),
    ...(type === 'array' && itemsOf(schema)),
    ...(type === 'object' && membersOf(schema)),
  }
}

/** How long a text may be is judged by `check`, once references are filled in. */
function textOf(schema: JsonSchema): EditorSchema {
  const { pattern, minLength } = schema
  if (pattern === undefined) return { type: 'string', ...(minLength !== undefined && { minLength }) }
  const errorMessage = keywords.pattern.assert.message(pattern, schema)
  return { type: 'string', pattern: `(?:${pattern})|${referencePattern}`, errorMessage }
}

function itemsOf({ items }: JsonSchema): EditorSchema {
  if (typeof items !== 'object') return {}
  if (items.anyOf === undefined) return { items: writtenOut(toEditor(items)) }
  return { items: choice(items.anyOf.map(formOf).map(writtenOut), notesOf(items)) }
}

/** Editors offer the skeleton of an item only where it can be nothing but an object; one that can be anything stays so. */
function writtenOut(item: EditorSchema): EditorSchema {
  if (item.patternErrorMessage === undefined) return item
  const { pattern, patternErrorMessage, ...object } = item
  return { ...object, type: 'object' }
}

function membersOf({ properties = {}, additionalProperties = false, propertyNames }: JsonSchema): EditorSchema {
  const members = Object.entries(properties).map(([name, schema]) => [name, entitled(name, toEditor(schema))] as const)
  return {
    ...(members.length > 0 && { properties: Object.fromEntries(members) }),
    additionalProperties:
      typeof additionalProperties === 'object' ? toEditor(additionalProperties) : additionalProperties,
    ...(propertyNames?.pattern !== undefined && { propertyNames: { pattern: propertyNames.pattern } }),
  }
}

/** Its name is the heading under which a member is described. */
const entitled = (name: string, member: EditorSchema): EditorSchema =>
  member.$ref === undefined ? { title: name, ...member } : member
