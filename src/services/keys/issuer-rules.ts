/** What `check` says of issuers: the rules, by full id. */

import type { Rules } from '../../core/diagnostic.ts'

export const issuerRules = {
  'issuers/no-issuer': {
    severity: 'error',
    cause: 'Without an `iss` to compare, a token of any issuer with a known key would count.',
    hint: 'add `issuer:` with the exact `iss` claim of its tokens',
  },
  'issuers/no-audience': {
    severity: 'error',
    cause: 'Without an audience, a token that was made for another service is accepted here (RFC 8725 §3.9).',
    hint: 'add `audience:` with the name of this API',
  },
  'issuers/no-algorithms': {
    severity: 'error',
    cause: 'Without an allow-list, the token would choose how it is verified (RFC 8725 §3.1).',
    hint: 'add `algorithms:`, such as `[RS256]`',
  },
  'issuers/unknown-algorithm': {
    severity: 'error',
    cause: 'The algorithm is not one that tokens can be verified with.',
    hint: 'use HS256, RS256, PS256, ES256 (or their 384 and 512) or EdDSA',
  },
  'issuers/insecure-algorithm': {
    severity: 'error',
    cause: '`none` accepts tokens that nobody signed (RFC 8725 §3.2).',
    hint: 'name the algorithm that the issuer signs with',
  },
  'issuers/algorithm-key-mismatch': {
    severity: 'error',
    cause: 'An algorithm counts only with a key of its own type and curve; HMAC with a public key lets anyone sign.',
    hint: 'use `secret` with HS algorithms, and `jwks` or `publicKeys` with the others',
  },
  'issuers/no-keys': {
    severity: 'error',
    cause: 'Without a key no token can be verified.',
    hint: 'add one of `jwks`, `publicKeys` or `secret`',
  },
  'issuers/several-key-sources': {
    severity: 'error',
    cause: 'Keys come from one place, so that it is plain which of them count.',
    hint: 'keep one of `jwks`, `publicKeys` and `secret`',
  },
  'issuers/unexpected-option': {
    severity: 'error',
    cause: 'The option has no meaning for this kind of issuer.',
    hint: 'a builtin issuer has `audience`, `issuer`, `scopes`, `accessTtl` and `refreshTtl`, and beside the last `refreshIdle`, `algorithms` and `rotateKeys`; these times stand nowhere else',
  },
  'issuers/invalid-secret': {
    severity: 'error',
    cause: 'What follows `base64:` is not base64.',
    hint: 'make one with `openssl rand -base64 32`',
  },
  'issuers/weak-secret': {
    severity: 'error',
    cause: 'Whoever guesses the secret signs as the issuer (RFC 8725 §3.5).',
    hint: 'make one with `openssl rand -base64 32`',
  },
  'issuers/short-secret': {
    severity: 'warning',
    cause: 'The secret is shorter than the hash of the algorithm (RFC 7518 §3.2).',
    hint: 'make one with `openssl rand -base64 64`',
  },
  'issuers/public-key-as-secret': {
    severity: 'error',
    cause: 'A public key is known to everyone, and as an HMAC secret lets everyone sign.',
    hint: 'move it to `publicKeys`, with the algorithm of its type',
  },
  'issuers/invalid-key': {
    severity: 'error',
    cause: 'The key cannot be read.',
    hint: 'give PEM that begins with `-----BEGIN PUBLIC KEY-----`, or a JWK; of a certificate, `openssl x509 -pubkey -noout`',
  },
  'issuers/private-key': {
    severity: 'error',
    cause: 'Whoever verifies needs the public key alone; a private one does not belong in a policy.',
    hint: 'give the public key; of a private one, `openssl pkey -pubout`',
  },
  'issuers/unusable-key': {
    severity: 'error',
    cause: 'The key is not one that verifies tokens.',
    hint: 'give an RSA, P-256, P-384, P-521 or Ed25519 key for signatures',
  },
  'issuers/weak-key': {
    severity: 'error',
    cause: 'The private key can be computed from the public one, or signatures made without it.',
    hint: 'have the issuer make a new key of at least 2048 bits',
  },
  'issuers/invalid-jwks': {
    severity: 'error',
    cause: 'Keys are fetched from an https URL without credentials in it.',
    hint: "give the issuer's `jwks_uri`, such as `https://login.example/.well-known/jwks.json`",
  },
  'issuers/insecure-jwks': {
    severity: 'error',
    cause: 'Keys that come over plain http can be exchanged on the way.',
    hint: 'use `https:`',
  },
  'issuers/unused-tls': {
    severity: 'error',
    cause: 'Certificates are for `https:`; over plain HTTP nobody looks at them.',
    hint: 'use `https:` in the url, or take them out',
  },
  'issuers/invalid-certificate': {
    severity: 'error',
    cause: 'Certificates and keys are PEM; a certificate of our own needs its key, and the key its certificate.',
    hint: 'read the file: `${file:/etc/tls/issuer.crt}`',
  },
  'issuers/short-rotation': {
    severity: 'error',
    cause:
      'A key is published some minutes before it signs, and its tokens live for `accessTtl`: keys that change faster are not known where they are needed.',
    hint: 'leave `rotateKeys` out, or give days',
  },
  'issuers/long-leeway': {
    severity: 'error',
    cause: 'A long leeway keeps expired tokens alive.',
    hint: 'give a few seconds, `5m` at most',
  },
} as const satisfies Rules
