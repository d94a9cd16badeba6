/** What `check` says of `settings.state`: the rules, by full id. */

import type { Rules } from '../../core/diagnostic.ts'

export const stateSettingsRules = {
  'settings/invalid-state': {
    severity: 'error',
    cause: 'State is kept in `memory`, or in Redis: one server, a cluster, or the master that sentinels know.',
    hint: 'write `memory`, `rediss://redis.internal:6380`, or `rediss+sentinel://one:26379,two:26379/mymaster`',
  },
  'settings/plain-state': {
    severity: 'error',
    cause: 'Whoever listens on the way reads the password of Redis, and can lift every limit with it.',
    hint: 'use `rediss:`, or say why not: `insecurePlain: "<reason>"`',
  },
  'settings/insecure-plain': {
    severity: 'warning',
    cause: 'What is asked of Redis goes to another machine in clear, and so does its password.',
    hint: 'use `rediss:` where the server can',
  },
  'settings/state-certificate': {
    severity: 'error',
    cause: 'Certificates are PEM, and the one that is shown needs its key.',
    hint: 'read the files: `ca: ${file:/etc/tls/redis-ca.crt}`, `cert: ${file:/etc/tls/gate.crt}`, `key: ${file:/etc/tls/gate.key}`',
  },
  'settings/state-unused': {
    severity: 'error',
    cause:
      'Certificates are for `rediss:`, and who calls the sentinels is for `+sentinel`; elsewhere nobody looks at them.',
    hint: 'change the scheme of the url, or take them out',
  },
  'settings/state-deadline': {
    severity: 'error',
    cause: 'Below `5ms` the network alone is too slow; above `5s` every request would wait so long when Redis hangs.',
    hint: 'leave it at `50ms`, or set a little more than the slowest answers take',
  },
} as const satisfies Rules
