/** Reads the private key that signs the heads of the log. */

import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readSecret } from '../keys/hmac-secret.ts'

/** An Ed25519 key of PKCS#8 in PEM, which may stand in base64 after `base64:`; none where it is anything else. */
export function readSigningKey(text: string): KeyObject | undefined {
  const pem = readSecret(text)
  if (pem === undefined) return undefined
  try {
    const key = createPrivateKey(pem)
    return key.asymmetricKeyType === 'ed25519' ? key : undefined
  } catch {
    return undefined
  }
}
