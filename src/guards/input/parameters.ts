/** The parameters of one part of a request as one closed object, and back to text where a schema changed them. */

import { compileSchema } from '../../schema/compile.ts'
import type { JsonSchema, Validator } from '../../schema/schema.ts'
import type { Parameter, Parameters } from './input-block.ts'

/** As they came: one text, or several under one name. */
export type Texts = Readonly<Record<string, string | readonly string[]>>
/** As the schemas left them. */
export type Values = Readonly<Record<string, unknown>>

const withoutRequired = ({ required: _, ...schema }: Parameter): JsonSchema => schema

/** One object schema for all of them: `required` moves from the parameters to the object. */
export const objectOf = (parameters: Parameters): JsonSchema => ({
  type: 'object',
  properties: Object.fromEntries(Object.entries(parameters).map(([name, schema]) => [name, withoutRequired(schema)])),
  required: Object.keys(parameters).filter((name) => parameters[name]?.required === true),
})

/** Compiles the parameters of one part; texts are read as the declared types. */
export const compileParameters = (
  parameters: Parameters,
  schemas: Readonly<Record<string, JsonSchema>>,
): Validator<Values> => compileSchema<Values>(objectOf(parameters), { schemas, readStrings: true })

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value])

/** A number may be spelt in several ways; all else in one. */
const spells = (text: unknown, value: unknown): boolean =>
  typeof value === 'number' ? Number(text) === value : text === String(value)

/** Whether a value says what the text said. */
function isSpelt(value: unknown, text: unknown): boolean {
  const texts = listOf(text)
  const values = listOf(value)
  return texts.length === values.length && values.every((item, index) => spells(texts[index], item))
}

/** Those that a transform or a default made: they go on in place of what came. */
export const changedOf = (values: Values, texts: Texts): Values =>
  Object.fromEntries(Object.entries(values).filter(([name, value]) => !isSpelt(value, texts[name])))

/** The texts of a value, for where it goes on. */
export const spell = (value: unknown): readonly string[] => listOf(value).map((item) => String(item).toWellFormed())
