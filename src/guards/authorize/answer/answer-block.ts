/** What may stand under `authorize.answer`. */

import { readSize, sizePattern } from '../../../core/duration.ts'
import { boolean, object, string, union } from '../../../schema/builder.ts'

const pointer = string({
  pattern: '^(?:/(?:[^/~]|~[01])*)+$',
  maxLength: 1_000,
  title: 'a JSON Pointer',
  description: 'Where in the answer the document, or the list of documents, stands; what is around it passes.',
  examples: ['/items'],
})

export const answerSchema = union(
  [
    boolean({ description: 'True: the answer is the document, or a list of documents.' }),
    pointer,
    object({
      'at?': pointer,
      'action?': string({
        pattern: '^[^\\s,]{1,128}$',
        title: 'an action',
        description: 'What the roles have to allow for a field to be answered; `action` of the route unless told.',
      }),
      'maxBytes?': string({
        pattern: sizePattern,
        title: 'a size',
        description: 'The largest answer; 1mb unless told. A larger one is 502 `upstream_failed`.',
        examples: ['5mb'],
      }),
    }),
  ],
  {
    description:
      'Cuts the JSON that the destination answers to the fields that the roles allow, and leaves out the items of a list of which they allow none.',
  },
)

type AnswerBlock = boolean | string | { readonly at?: string; readonly action?: string; readonly maxBytes?: string }

/** Whether answers are cut, also where a value is still to be filled in. */
export const cutsAnswer = (block: AnswerBlock | undefined): boolean => block !== undefined && block !== false

export interface AnswerOptions {
  readonly at: readonly string[]
  readonly action: string | undefined
  readonly maxBytes: number
}

/** Reads any form as one; nothing where answers are left alone. */
export function readAnswerOptions(block: AnswerBlock | undefined): AnswerOptions | undefined {
  if (block === undefined || block === false) return undefined
  const { at = '', action, maxBytes = '1mb' } = typeof block === 'object' ? block : { at: block === true ? '' : block }
  return { at: segmentsOf(at), action, maxBytes: readSize(maxBytes) }
}

/** RFC 6901 §4. */
const segmentsOf = (at: string): readonly string[] =>
  at
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
