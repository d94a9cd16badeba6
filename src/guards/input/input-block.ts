/** What may stand under `input`. */

import { sizePattern } from '../../core/duration.ts'
import {
  array,
  boolean,
  type Infer,
  literal,
  object,
  record,
  type Schema,
  string,
  union,
} from '../../schema/builder.ts'
import type { JsonSchema } from '../../schema/schema.ts'

/** A schema whose `required` tells whether the parameter itself must be there. */
export type Parameter = Omit<JsonSchema, 'required'> & { readonly required?: boolean }

/** Judged by the schema engine itself. */
const schemaOf = <T>(description: string): Schema<T> => ({
  json: { type: 'object', additionalProperties: true, description },
})
export const parameterSchema = schemaOf<Parameter>('A schema; `required: true` says that it must be there.')
export const bodySchema = schemaOf<JsonSchema>('The schema of a JSON body.')
const parameters = (description: string) => record(parameterSchema, { description })

const mediaType = string({
  pattern: '^[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}$',
  title: 'a media type in lower case, without parameters',
  examples: ['application/json'],
})

export const inputBlock = object({
  'params?': parameters('Parameters of the path; those left out are strings of at most 256 characters.'),
  'query?': union([literal('any'), parameters('Query parameters; no others are let through.')], {
    description: '`any` lets every query parameter through, unchecked.',
  }),
  'headers?': parameters('Request headers to check; others pass.'),
  'cookies?': parameters('Cookies to check; others pass.'),
  'body?': union([literal('any'), bodySchema], {
    description: '`any` streams every body through, unread; without `body` there is none.',
  }),
  'bodyRequired?': boolean({
    description: 'Whether a request without a body is refused; true unless told, false for `body: any`.',
  }),
  'contentTypes?': array(mediaType, {
    description: 'The media types of the body; `application/json` unless told, all for `body: any`.',
    minItems: 1,
  }),
  'maxBytes?': string({
    description: 'The largest body; `settings.limits.body` unless told.',
    pattern: sizePattern,
    title: 'a size',
    examples: ['1mb'],
  }),
})

export type InputBlock = Infer<typeof inputBlock>
export type Parameters = Readonly<Record<string, Parameter>>
