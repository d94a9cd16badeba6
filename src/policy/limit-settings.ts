/** `settings.limits`: what the server bears of one request, and of all of them together. */

import type { Fault, Rules } from '../core/diagnostic.ts'
import { readDuration, readSize } from '../core/duration.ts'
import { hasReference } from '../core/expression.ts'
import { type Infer, integer, object } from '../schema/builder.ts'
import { duration, size } from '../schema/quantity.ts'

export const limitSettingsSchema = object(
  {
    'body?': size('The default of `input.maxBytes`; 100kb unless told.'),
    'headers?': size('The request line and all header fields together; 16kb unless told.'),
    'headersTimeout?': duration('Until the request head is here; 10s unless told.'),
    'requestTimeout?': duration('Until the whole request is here; 30s unless told.'),
    'connections?': integer({
      description: 'Open connections at most; 10000 unless told.',
      minimum: 1,
      examples: [10_000],
    }),
    'requests?': integer({
      description: 'Requests at most that are being answered at the same time; 10000 unless told.',
      minimum: 1,
      examples: [2_000],
    }),
    'eventLoopDelay?': duration(
      'Requests that would wait longer for this process are refused while it cannot keep up; 1s unless told.',
      '1s',
    ),
  },
  { description: 'What the server bears of one request, and of all of them together.' },
)

type WrittenLimits = Infer<typeof limitSettingsSchema>

/** With every default filled in; bytes and milliseconds. */
export interface LimitSettings {
  readonly body: number
  readonly headers: number
  readonly headersTimeout: number
  readonly requestTimeout: number
  readonly connections: number
  readonly requests: number
  readonly eventLoopDelay: number
}

export const limitSettingsRules = {
  'settings/limit-too-small': {
    severity: 'error',
    cause: 'A limit this small leaves room for no request.',
    hint: 'give at least `1kb` to headers, `100ms` to time-outs, and `20ms` to the delay of the event loop',
  },
} as const satisfies Rules

const leastHeaders = 1024
const leastTimeout = 100
const leastDelay = 20

/** Findings beyond the schema. */
export function checkLimitSettings(limits: WrittenLimits = {}): readonly Fault[] {
  if (hasReference(limits)) return []
  const isShorter = (least: number) => (text: string) => readDuration(text) < least
  return [
    ...tooSmall(limits, 'headers', (text) => readSize(text) < leastHeaders),
    ...tooSmall(limits, 'headersTimeout', isShorter(leastTimeout)),
    ...tooSmall(limits, 'requestTimeout', isShorter(leastTimeout)),
    ...tooSmall(limits, 'eventLoopDelay', isShorter(leastDelay)),
  ]
}

function tooSmall(
  limits: WrittenLimits,
  name: 'headers' | 'headersTimeout' | 'requestTimeout' | 'eventLoopDelay',
  isTooSmall: (text: string) => boolean,
): readonly Fault[] {
  const text = limits[name]
  if (text === undefined || hasReference(text) || !isTooSmall(text)) return []
  const rule: keyof typeof limitSettingsRules = 'settings/limit-too-small'
  return [{ rule, path: ['limits', name], message: `\`${text}\` leaves room for no request` }]
}

/** Fills in the defaults. */
export const readLimitSettings = (limits: WrittenLimits = {}): LimitSettings => ({
  body: readSize(limits.body ?? '100kb'),
  headers: readSize(limits.headers ?? '16kb'),
  headersTimeout: readDuration(limits.headersTimeout ?? '10s'),
  requestTimeout: readDuration(limits.requestTimeout ?? '30s'),
  connections: limits.connections ?? 10_000,
  requests: limits.requests ?? 10_000,
  eventLoopDelay: readDuration(limits.eventLoopDelay ?? '1s'),
})
