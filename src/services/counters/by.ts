/** How `by` is written: whose requests are counted together. */

import type { Fault } from '../../core/diagnostic.ts'
import { hasExpression, hasReference } from '../../core/expression.ts'
import { suggest } from '../../core/suggest.ts'
import { array, type Infer, string, union } from '../../schema/builder.ts'
import { keyWords } from './client-key.ts'

const key = string({
  minLength: 1,
  maxLength: 256,
  description: '`ip` (an IPv6 client is its /64), `user` (issuer and id), `all`, or an expression.',
  examples: ['ip', 'user', '${body.email}'],
})

/** `by`, with what follows where it is not told. */
export const bySchema = (otherwise = '') =>
  union([key, array(key, { minItems: 1, maxItems: 8, uniqueItems: true })], {
    description: `Whose requests are counted together; a list is one compound key. A key without a value counts by address.${otherwise}`,
  })

export type By = Infer<ReturnType<typeof bySchema>>

/** The name of what counts by it, where it has no other. */
export const nameOfBy = (by: By): string => [by].flat().join('+')

/** The parts that are neither a word nor an expression, as faults of this rule. */
export function checkBy(by: By, rule: string): readonly Fault[] {
  if (typeof by === 'string') return checkPart(by, rule, ['by'])
  return by.flatMap((part, index) => checkPart(part, rule, ['by', index]))
}

function checkPart(text: string, rule: string, path: Fault['path']): readonly Fault[] {
  if (hasReference(text) || hasExpression(text) || keyWords.some((word) => word === text)) return []
  const message = `expected \`ip\`, \`user\`, \`all\` or an expression, not \`${text}\``
  const near = suggest(text, keyWords)
  return [{ rule, path, message, ...(near !== undefined && { hint: `did you mean \`${near}\`?` }) }]
}

const words: Readonly<Record<string, string>> = { ip: 'address', user: 'user', all: 'all callers together' }

/** For people: `for each address and user`. */
export function describeBy(by: By): string {
  const keys = [by].flat().map((part) => words[part] ?? `\`${part}\``)
  return `for each ${keys.join(' and ')}`.replace('each all callers', 'all callers')
}
