/** `settings.shutdown`: how long the server goes on after the signal that ends it. */

import { isLoopbackHost } from '../core/address.ts'
import type { Fault, Rules } from '../core/diagnostic.ts'
import { longestTimer, readDuration } from '../core/duration.ts'
import { hasReference } from '../core/expression.ts'
import { type Infer, object } from '../schema/builder.ts'
import { duration, durationOrNone, readDurationOrNone } from '../schema/quantity.ts'

export const shutdownSettingsSchema = object(
  {
    'delay?': durationOrNone(
      'So long it goes on accepting while `builtin: ready` answers 503, for load balancers to notice; `0s` on a loopback ' +
        'address, else 5s unless told.',
      '5s',
    ),
    'grace?': duration(
      'What still runs so long after the signal is cut; the delay is a part of it; 25s unless told.',
      '25s',
    ),
  },
  { description: 'What happens between SIGTERM or SIGINT and the end.' },
)

type WrittenShutdown = Infer<typeof shutdownSettingsSchema>

/** Milliseconds, both from the signal on. */
export interface ShutdownSettings {
  readonly delay: number
  readonly grace: number
}

export const shutdownSettingsRules = {
  'settings/shutdown-delay': {
    severity: 'error',
    cause: 'The delay is a part of the grace: one as long as that leaves running requests no time to end.',
    hint: 'give `grace` the delay and what the slowest requests take; Kubernetes kills after 30 s unless told',
  },
} as const satisfies Rules

/** Less than the 30 s after which Kubernetes kills, with some for the audit log. */
const usualGrace = '25s'
/** Kubernetes takes about so long to tell all its nodes. */
const usualDelay = 5_000

/** Findings beyond the schema. */
export function checkShutdownSettings(written: WrittenShutdown | undefined): readonly Fault[] {
  if (written === undefined || hasReference(written)) return []
  const { delay = '0s', grace = usualGrace } = written
  if (hasReference(delay) || hasReference(grace)) return []
  if (readDurationOrNone(delay) < readDuration(grace)) return []
  const rule: keyof typeof shutdownSettingsRules = 'settings/shutdown-delay'
  return [
    { rule, path: ['shutdown', 'delay'], message: `expected less than the grace of \`${grace}\`, got \`${delay}\`` },
  ]
}

/** Fills in the defaults. Nobody balances load over a loopback address, and whoever tries things out wants no waiting. */
export function readShutdownSettings(written: WrittenShutdown | undefined, host: string): ShutdownSettings {
  const grace = Math.min(readDuration(written?.grace ?? usualGrace), longestTimer)
  const usual = isLoopbackHost(host) ? 0 : Math.min(usualDelay, grace / 2)
  const delay = written?.delay === undefined ? usual : readDurationOrNone(written.delay)
  return { delay: Math.min(delay, grace), grace }
}
