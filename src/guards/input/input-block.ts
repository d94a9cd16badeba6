/** What may stand under `input`. */

import { sizePattern } from '../../core/duration.ts'
import {
  array,
  boolean,
  type Infer,
  integer,
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
export const bodySchema = schemaOf<JsonSchema>('The schema of a JSON body, or of the text fields of a form.')
const parameters = (description: string) => record(parameterSchema, { description })

const mediaTypePattern = '^[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}$'
/** Whether a text is a media type as policies write it: in full, in lower case, without parameters. */
export const isFullType = (text: string): boolean => new RegExp(mediaTypePattern).test(text)

const mediaType = string({
  pattern: mediaTypePattern,
  title: 'a media type in lower case, without parameters',
  examples: ['application/json'],
})

const fileBlock = object({
  'contentTypes?': array(mediaType, {
    description: 'The media types that its part may declare; any unless told. The content is not looked into.',
    minItems: 1,
  }),
  'maxBytes?': string({
    description: 'The largest file; only `maxBytes` of the whole body unless told.',
    pattern: sizePattern,
    title: 'a size',
    examples: ['1mb'],
  }),
  'maxItems?': integer({ description: 'How many may come under the name; one unless told.', minimum: 1, maximum: 100 }),
  'required?': boolean({ description: 'Whether one must be there.' }),
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
    description:
      'The media types of the body; `application/json` unless told, `multipart/form-data` beside `files`, all for `body: any`.',
    minItems: 1,
  }),
  'files?': record(fileBlock, {
    description: 'The files of a `multipart/form-data` body by field name; no others are let in.',
    minProperties: 1,
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
export type FileBlock = Infer<typeof fileBlock>

const jsonTypes: readonly string[] = ['application/json']
const multipartTypes: readonly string[] = ['multipart/form-data']

/** The media types of a body that a schema judges. */
export const typesOf = ({ contentTypes, files }: Pick<InputBlock, 'contentTypes' | 'files'>): readonly string[] =>
  contentTypes ?? (files === undefined ? jsonTypes : multipartTypes)
