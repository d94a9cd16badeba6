/** Reads the secret of an HMAC issuer, and tells what is wrong with a weak one. */

const prefix = 'base64:'

/** The bytes of a secret: those of its text, or decoded after `base64:`; none where that is not base64. */
export function readSecret(text: string): Buffer | undefined {
  if (!text.startsWith(prefix)) return Buffer.from(text)
  const encoded = text.slice(prefix.length).trim().replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/')
  const bytes = Buffer.from(encoded, 'base64')
  return bytes.toString('base64').replace(/=+$/, '') === encoded ? bytes : undefined
}

/** Secrets of tutorials, of RFC 7515 and RFC 7520, and of jwt.io: whoever looks for them signs as the issuer. */
const wellKnown = new Set([
  'a-string-secret-at-least-256-bits-long',
  'a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long',
  'qwertyuiopasdfghjklzxcvbnm123456',
  'abcdefghijklmnopqrstuvwxyz123456',
  'abcdefghijklmnopqrstuvwxyz012345',
  '0123456789abcdef0123456789abcdef',
  '12345678901234567890123456789012',
  'thisisasecretkeyforjwtauthentication',
  'this-is-a-very-long-secret-key-for-jwt',
  'super-secret-jwt-token-with-at-least-32-characters-long',
  'your-super-secret-jwt-token-with-at-least-32-characters-long',
  'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
  'hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg',
])

const isWellKnown = (bytes: Buffer): boolean =>
  wellKnown.has(bytes.toString('utf8')) || wellKnown.has(bytes.toString('base64url'))

/** Whether the bytes are one shorter piece over and over, such as `secretsecret…`. */
function isRepetition(bytes: Buffer): boolean {
  const text = bytes.toString('latin1')
  return `${text}${text}`.indexOf(text, 1) < text.length
}

const placeholders = /change.?me|your.{0,10}secret|replace.?(me|this)|example.?secret/i

/** Why a secret can be guessed; none where nothing speaks against it. */
export function findWeakness(bytes: Buffer, least = 32): string | undefined {
  if (bytes.length < least) return `expected a secret of at least ${least} bytes, found ${bytes.length}`
  if (isWellKnown(bytes) || placeholders.test(bytes.toString('latin1')))
    return 'expected a secret of its own, found a well-known one'
  if (isRepetition(bytes) || new Set(bytes).size < 8) return 'expected a random secret, found a pattern'
  return undefined
}
