/** One rule of a role, as policies write it, and the questions that it concerns. */

import { fieldPatternMatcher } from '@casl/ability'
import { any, array, type Infer, object, record, type Schema, string, union } from '../../schema/builder.ts'

const pattern = '^[^\\s,]{1,128}$'

/** One word, or several that mean any of them. */
const words = (what: string, description: string): Schema<string | readonly string[]> => {
  const one = string({ pattern, title: what })
  return union([one, array(one, { minItems: 1, uniqueItems: true })], { description })
}

/** One rule; a role is a list of them. */
export const roleSchema = object({
  'can?': words('an action', 'What the role may do; `manage` is every action.'),
  'cannot?': words('an action', 'What the role may not do, whatever another rule or role allows.'),
  subject: words('a kind of resource', 'To which kind of resource; `all` is every kind.'),
  'fields?': words(
    'a field',
    'The rule holds for these fields only; `*` stands for one part of a name, `**` for any. ' +
      'A route without `field` is about the whole resource: a `can` with fields does not reach it, a `cannot` does.',
  ),
  'when?': record(any(), {
    description:
      'Conditions on the attributes of the resource, all of which must hold. Where an attribute is missing, an expression has ' +
      'no value or types differ, a `can` does not apply and a `cannot` does.',
  }),
  'because?': string({ description: 'The reason, for people and the log.', minLength: 1, maxLength: 500 }),
})

export type RoleRule = Infer<typeof roleSchema>

/** What a route asks of the roles. */
export interface Question {
  readonly action: string
  readonly subject: string
  /** None: the resource as a whole. */
  readonly field?: string | undefined
  /** Some field of it suffices, which are to be told from the answer. */
  readonly partial?: boolean | undefined
}

/** Stands for the resource as a whole where a field is asked for; no field has this name. */
const whole = '(whole)'

export const fieldOf = ({ field }: Question): string => field ?? whole

/** One word or several, as a list. */
export const listOf = (words: string | readonly string[] = []): readonly string[] =>
  typeof words === 'string' ? [words] : words

export const isInverted = (rule: RoleRule): boolean => rule.cannot !== undefined

export const actionsOf = (rule: RoleRule): readonly string[] => listOf(rule.can ?? rule.cannot)

export const subjectsOf = (rule: RoleRule): readonly string[] => listOf(rule.subject)

/** The fields that a rule reaches; none for all. A `cannot` of one field also forbids the whole, which holds that field. */
export function fieldsOf(rule: RoleRule): readonly string[] | undefined {
  if (rule.fields === undefined) return undefined
  return isInverted(rule) ? [...listOf(rule.fields), whole] : listOf(rule.fields)
}

/** Whether a rule speaks of this action on this subject, for whatever field. */
export const isAbout = (rule: RoleRule, { action, subject }: Question): boolean =>
  [action, 'manage'].some((word) => actionsOf(rule).includes(word)) &&
  [subject, 'all'].some((word) => subjectsOf(rule).includes(word))

/** Whether a rule has a say in the answer to a question. */
export function concerns(rule: RoleRule, question: Question): boolean {
  const fields = fieldsOf(rule)
  return isAbout(rule, question) && (fields === undefined || fieldPatternMatcher([...fields])(fieldOf(question)))
}
