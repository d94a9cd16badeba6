/** How a route says what it puts on record. */

import { array, boolean, type Infer, number, object, record, string, union } from '../../schema/builder.ts'
import { eventPattern, eventTitle } from '../../services/audit/events.ts'

export const auditSchema = object(
  {
    'action?': string({
      pattern: eventPattern,
      title: eventTitle,
      examples: ['order.create'],
      description:
        'The event that an allowed request is recorded as, one of `settings.audit.events`; `data.read`, ' +
        '`data.create`, `data.update` or `data.delete` unless told, by method.',
    }),
    'resource?': string({
      minLength: 1,
      maxLength: 1000,
      description: 'What the request is about, as a text or an expression.',
      examples: ['order/${params.id}'],
    }),
    'details?': record(union([string({ maxLength: 1000 }), number(), boolean()]), {
      propertyNames: { pattern: '^(?!__proto__$)[A-Za-z_][A-Za-z0-9_-]{0,63}$' },
      minProperties: 1,
      maxProperties: 16,
      description: 'What else stands in the record: name → expression or value.',
      examples: [{ sku: '${body.sku}' }],
    }),
    'pseudonyms?': array(string({ minLength: 1 }), {
      minItems: 1,
      uniqueItems: true,
      description: 'What is written as a keyed hash: `user.id`, `ip`, `resource`, `details.NAME`.',
      examples: [['user.id', 'ip']],
    }),
    'required?': boolean({
      description: 'Answers nothing that is not on record; while the log cannot be written, 503 `audit_unavailable`.',
    }),
  },
  { minProperties: 1 },
)

export type WrittenAuditBlock = Infer<typeof auditSchema>

/** `off` keeps nothing of the route. */
export type AuditBlock = WrittenAuditBlock | 'off'
