/** What a policy says of signed webhooks: where the signature and its time stand, and what was signed. */

import { array, type Infer, object, string, union, word } from '../../../schema/builder.ts'
import { headerName } from '../credential-header.ts'

const prefix = (description: string, example: string) =>
  string({ pattern: '^[\\x21-\\x7E]{1,64}$', title: 'a text of visible characters', description, examples: [example] })

const secret = string({ minLength: 1, examples: ['${secret:github}'] })

const timestamp = union(
  [
    headerName('The header that carries the time.', 'X-Slack-Request-Timestamp'),
    object({
      'header?': headerName(
        'The header that carries the time; that of the signature unless told.',
        'webhook-timestamp',
      ),
      'prefix?': prefix('What stands before the time, where it stands among others.', 't='),
      'tolerance?': string({
        pattern: '^([1-9][0-9]{0,2}s|([1-9]|[1-5][0-9]|60)m|1h)$',
        title: 'a duration of at most 1h',
        description: 'How far the time may be from now; 5m unless told.',
        examples: ['5m'],
      }),
    }),
  ],
  { description: 'When it was sent, in seconds since 1970: late ones are refused, and those that were sent before.' },
)

export const signatureSchema = object(
  {
    header: headerName('The header that carries the signature.', 'X-Hub-Signature-256'),
    'prefix?': prefix('What stands before each signature; what begins otherwise is passed over.', 'sha256='),
    'encoding?': word(['hex', 'base64'], { description: 'How it is written; `hex` unless told.' }),
    secret: union([secret, array(secret, { minItems: 1, maxItems: 8 })], {
      description: 'What the sender signs with, or several while it is changed; what follows `base64:` is decoded.',
    }),
    'timestamp?': timestamp,
    'id?': headerName('The header that carries the id of the message.', 'webhook-id'),
    'signs?': string({
      minLength: 1,
      maxLength: 256,
      description:
        'The text that is signed, with `{body}`, `{timestamp}` and `{id}` in it; unless told those that there are, apart by dots: `{id}.{timestamp}.{body}`.',
      examples: ['v0:{timestamp}:{body}'],
    }),
    'name?': string({
      pattern: '^[\\x21-\\x7E]{1,128}$',
      title: 'a name without spaces',
      description: 'Who the sender is: the id of the caller; the service and the route unless told.',
      examples: ['github'],
    }),
  },
  { description: 'Asks for an HMAC-SHA-256 of the raw body, as webhooks carry it.' },
)

export type SignatureOptions = Infer<typeof signatureSchema>

/** Where the time stands, with every default filled in. */
export interface TimePlace {
  readonly header: string
  readonly prefix: string | undefined
  readonly tolerance: string
}

export function timePlace({ header, timestamp }: SignatureOptions): TimePlace | undefined {
  if (timestamp === undefined) return undefined
  if (typeof timestamp === 'string') return { header: timestamp, prefix: undefined, tolerance: '5m' }
  return { header: timestamp.header ?? header, prefix: timestamp.prefix, tolerance: timestamp.tolerance ?? '5m' }
}

export const secretsOf = ({ secret }: Pick<SignatureOptions, 'secret'>): readonly string[] =>
  typeof secret === 'string' ? [secret] : secret
