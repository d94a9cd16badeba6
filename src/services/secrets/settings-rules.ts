/** What `check` says of `settings.secrets`: the rules, by full id. */

import type { Rules } from '../../core/diagnostic.ts'

export const secretSettingsRules = {
  'settings/secrets-dir': {
    severity: 'error',
    cause: 'The `file` provider reads secrets from a folder that is not named.',
    hint: 'add `dir: /run/secrets`',
  },
  'settings/secrets-endpoint': {
    severity: 'error',
    cause: 'Secrets Manager is called at a web address without credentials, path or query.',
    hint: 'write `https://HOST`, or leave it out for the public endpoint of the region',
  },
  'settings/plain-secrets': {
    severity: 'error',
    cause: 'Whoever listens on the way would read every secret.',
    hint: 'use `https:`; plain `http:` is for an emulator on this machine',
  },
  'settings/secrets-certificate': {
    severity: 'error',
    cause: 'The authority of Secrets Manager is a certificate in PEM.',
    hint: 'read the file: `${file:/etc/tls/proxy-ca.crt}`',
  },
  'settings/secrets-circle': {
    severity: 'error',
    cause: 'Where secrets come from has to be known before the first of them is read.',
    hint: 'take it from `${env:NAME}` or `${file:PATH}`, or write it out',
  },
  'settings/secrets-unused': {
    severity: 'warning',
    cause: 'A setting of another provider, or of TLS where there is none, is read by nobody.',
    hint: 'take it out, unless the provider is another one elsewhere',
  },
  'settings/secrets-bounds': {
    severity: 'error',
    cause:
      'Looking for rotations all the time costs money and is throttled, and a start that waits longer than a reload may is given up.',
    hint: 'give `refresh` `10s` to `24h`, `deadline` `1s` to `50s`, and `overlap` at most `7d`',
  },
} as const satisfies Rules
