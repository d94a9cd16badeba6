/** What may stand under `headers`. */

import { array, type Infer, object, record, string, union, word } from '../../schema/builder.ts'
import { cookiesBlock } from './cookies.ts'
import { helmetOptions } from './helmet-options.ts'

const preset = word(['api', 'web'], { description: '`api` for data, `web` for pages; `api` unless told.' })

export const headersBlock = union([
  preset,
  object({
    'use?': preset,
    'set?': record(string(), { description: 'Header → value, in place of what the destination sends.' }),
    'remove?': array(string(), { description: 'Headers that no answer carries, whoever set them.' }),
    'cookies?': cookiesBlock,
    'helmet?': helmetOptions,
  }),
])

export type HeadersBlock = Infer<typeof headersBlock>

/** The long form, which the short one is read as. */
export type HeadersOptions = Exclude<HeadersBlock, string>

/** Reads the short form as the long one. */
export const readOptions = (block: HeadersBlock): HeadersOptions => (typeof block === 'string' ? { use: block } : block)
