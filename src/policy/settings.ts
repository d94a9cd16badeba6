/** The `settings` section: the server that a policy directory describes. */

import { durationPattern, sizePattern } from '../core/duration.ts'
import { array, type Infer, integer, object, string, word } from '../schema/builder.ts'

const duration = string({ pattern: durationPattern, title: 'a duration', examples: ['30s'] })
const size = string({ pattern: sizePattern, title: 'a size', examples: ['100kb'] })

export const settingsSchema = object({
  'listen?': object({
    'host?': string({ description: 'The address to listen on; 127.0.0.1 unless told.', minLength: 1 }),
    'port?': integer({ description: 'The port to listen on; 0 takes a free one.', minimum: 0, maximum: 65535 }),
  }),
  'trustedProxies?': array(string(), {
    description: 'CIDRs of the proxies whose X-Forwarded-* headers count; none unless told.',
  }),
  'secrets?': object({
    provider: word(['env', 'file'], { description: 'Where `${secret:NAME}` is read from.' }),
    'dir?': string({ description: 'The folder of the `file` provider, one file a secret.', minLength: 1 }),
  }),
  'limits?': object({
    'body?': { json: { ...size.json, description: 'The default of `input.maxBytes`; 100kb unless told.' } },
    'headers?': { json: { ...size.json, description: 'All request header fields together; 16kb unless told.' } },
    'headersTimeout?': { json: { ...duration.json, description: 'Until the request head is here; 10s unless told.' } },
    'requestTimeout?': { json: { ...duration.json, description: 'Until the whole request is here; 30s unless told.' } },
    'connections?': integer({ description: 'Open connections at most; 10000 unless told.', minimum: 1 }),
  }),
})

type Written = Infer<typeof settingsSchema>

/** The settings with every default filled in. */
export interface Settings {
  readonly listen: { readonly host: string; readonly port: number }
  readonly trustedProxies: readonly string[]
  readonly secrets: { readonly provider: 'env' | 'file'; readonly dir: string }
  /** Bytes and milliseconds. */
  readonly limits: {
    readonly body: number
    readonly headers: number
    readonly headersTimeout: number
    readonly requestTimeout: number
    readonly connections: number
  }
}

export type WrittenSettings = Written
