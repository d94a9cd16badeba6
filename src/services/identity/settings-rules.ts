/** What `check` says of `settings.database`: the rules, by full id. */

import type { Rules } from '../../core/diagnostic.ts'

export const databaseSettingsRules = {
  'settings/invalid-database': {
    severity: 'error',
    cause: 'Accounts are kept in a file of SQLite, or in a database of Postgres.',
    hint: 'write `sqlite:data/portcullis.db`, or `postgres://portcullis@db.internal/portcullis`',
  },
  'settings/plain-database': {
    severity: 'error',
    cause: 'Whoever listens on the way to the database reads who logs in, and can change what it answers.',
    hint: 'take `sslmode=disable` out of the url',
  },
  'settings/database-certificate': {
    severity: 'error',
    cause: 'Certificates are PEM, and the one that is shown needs its key.',
    hint: 'read the files: `ca: ${file:/etc/tls/postgres-ca.crt}`, `cert: ${file:/etc/tls/gate.crt}`, `key: ${file:/etc/tls/gate.key}`',
  },
  'settings/database-unused': {
    severity: 'error',
    cause: 'A file asks nobody who they are, and without TLS nothing is certified.',
    hint: 'change the url, or take them out',
  },
  'settings/weak-field-key': {
    severity: 'error',
    cause: 'Whoever guesses the key reads the names and the password hashes of a stolen database.',
    hint: 'make one with `openssl rand -base64 32`',
  },
} as const satisfies Rules
