/** What `check` says of `settings.audit`: the rules, by full id. */

import type { Rules } from '../../core/diagnostic.ts'

export const auditSettingsRules = {
  'audit/switched-off': {
    severity: 'warning',
    cause: 'Without a log nobody can tell afterwards who did what, nor prove it.',
    hint: 'take `audit: off` out of the settings',
  },
  'audit/out-of-bounds': {
    severity: 'error',
    cause: 'With such a value the log would do little else than turn its own pages, or keep nothing.',
    hint: 'let files grow to `64kb` and last `1s` at least, sign heads every `1s` to `24d`, and retain longer than one file lasts',
  },
  'audit/reserved-event': {
    severity: 'error',
    cause:
      'The log has a meaning of its own for this name, and names that begin with `audit.` are what it says of itself.',
    hint: 'choose a name of your own, such as `order.create`',
  },
  'audit/bad-key': {
    severity: 'error',
    cause: 'Heads are signed with Ed25519, by a private key in PKCS#8 and PEM.',
    hint: 'make one with `openssl genpkey -algorithm ed25519`',
  },
  'audit/weak-key': {
    severity: 'error',
    cause: 'Whoever guesses the key of pseudonyms can tell whom they stand for.',
    hint: 'make one with `openssl rand -base64 32`',
  },
  'audit/invalid-publisher': {
    severity: 'error',
    cause: 'Heads go to a web address, or to a Redis server.',
    hint: 'write `https://witness.example/heads`, or `rediss://redis.example:6380`',
  },
  'audit/plain-publisher': {
    severity: 'error',
    cause: 'What leaves the machine in clear can be exchanged on the way, and shows its credentials.',
    hint: 'use `https:`, or `rediss:`',
  },
  'audit/invalid-certificate': {
    severity: 'error',
    cause: 'Certificates and keys are PEM; a certificate of our own needs its key, and the key its certificate.',
    hint: 'read the file: `${file:/etc/tls/audit.crt}`',
  },
  'audit/unused-certificate': {
    severity: 'error',
    cause: 'Certificates are for TLS; without it nobody looks at them.',
    hint: 'use `https:` or `rediss:` in the url, or take them out',
  },
} as const satisfies Rules
