/** What may stand under `cors`, and what it means where it is left out. */

import { durationPattern } from '../../core/duration.ts'
import { array, boolean, type Infer, object, string } from '../../schema/builder.ts'

/** Request headers that browsers send without asking, in their simplest values (Fetch §2.2.2). */
const safelisted = ['Accept', 'Accept-Language', 'Content-Language', 'Content-Type', 'Range']
const usualHeaders = ['Authorization', 'If-Match', 'If-None-Match', 'Traceparent', 'X-Request-Id', 'X-Requested-With']
const usualExpose = [
  'ETag',
  'Link',
  'Retry-After',
  'X-Request-Id',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
  'RateLimit-Policy',
  'RateLimit',
]

export const corsBlock = object({
  origins: array(string(), {
    description: 'Who may read: exact origins, `https://*.shop.example` for its direct subdomains, or `*` for anyone.',
    minItems: 1,
  }),
  'credentials?': boolean({
    description: 'Whether cookies and client certificates may come along; false unless told.',
  }),
  'headers?': array(string(), {
    description: `Request headers that pages may set, beside ${safelisted.join(', ')}; ${usualHeaders.join(', ')} unless told.`,
  }),
  'expose?': array(string(), {
    description: `Response headers that pages may read; ${usualExpose.join(', ')} unless told.`,
  }),
  'maxAge?': string({
    description: "How long browsers may remember a preflight's answer; their own choice, 5 seconds, unless told.",
    pattern: durationPattern,
    title: 'a duration',
    examples: ['10m'],
  }),
})

export type CorsBlock = Infer<typeof corsBlock>

/** The request headers that pages may send. */
export const acceptedHeaders = ({ headers = usualHeaders }: CorsBlock): readonly string[] => [...safelisted, ...headers]

/** The response headers that pages may read. */
export const exposedHeaders = ({ expose = usualExpose }: CorsBlock): readonly string[] => expose
