/** What `check` says of `settings.tls`: the rules, by full id. */

import type { Rules } from '../../core/diagnostic.ts'

export const tlsSettingsRules = {
  'settings/tls-certificate': {
    severity: 'error',
    cause: 'A certificate and its key are PEM, and belong together: with others no client gets through.',
    hint: 'read both files: `cert: ${file:/etc/tls/tls.crt}`, `key: ${file:/etc/tls/tls.key}`',
  },
  'settings/tls-validity': {
    severity: 'error',
    cause: 'Clients refuse a certificate before its time, and after it.',
    hint: 'renew it, or set the clock of this machine',
  },
  'settings/tls-weak': {
    severity: 'error',
    cause:
      'Who has the means computes the key of a short RSA key, or makes a certificate of its own with the same SHA-1 signature.',
    hint: 'make a key with `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`, and have it certified',
  },
  'settings/tls-client': {
    severity: 'error',
    cause: 'Which client certificates count is said by their authorities, and by the lists of what those have revoked.',
    hint: 'read the files: `clientCa: ${file:/etc/tls/clients.crt}`, `crl: ${file:/etc/tls/clients.crl}`',
  },
  'settings/tls-name': {
    severity: 'error',
    cause: 'Clients ask for a host by its name alone; any other entry of `sni` is never met.',
    hint: 'write `api.shop.example`, or `*.shop.example` for its direct subdomains',
  },
} as const satisfies Rules
