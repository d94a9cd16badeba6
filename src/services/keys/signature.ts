/** The one place where a signature is verified. */

import { type KeyObject, verify as verifyBytes } from 'node:crypto'
import jwt from 'jsonwebtoken'
import type { Algorithm } from './algorithm.ts'

/**
 * Whether `key` signed the compact JWS with this algorithm; the signature alone is judged. The algorithm comes from the
 * allow-list and the key's own type, and the token's header must name the very same.
 */
export function isSigned(text: string, algorithm: Algorithm, key: KeyObject): boolean {
  return algorithm === 'EdDSA' ? isEdwards(text, key) : isJws(text, algorithm, key)
}

/**
 * jsonwebtoken tells by throwing; whatever it throws at, the token is not proven. The stack that its error would record
 * costs twice what the verification does, which a flood of forged tokens would make us pay.
 */
function isJws(text: string, algorithm: Exclude<Algorithm, 'EdDSA'>, key: KeyObject): boolean {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    jwt.verify(text, key, { algorithms: [algorithm], ignoreExpiration: true, ignoreNotBefore: true })
    return true
  } catch {
    return false
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** jsonwebtoken knows no EdDSA (RFC 8037 §3.1). */
function isEdwards(text: string, key: KeyObject): boolean {
  const dot = text.lastIndexOf('.')
  return verifyBytes(null, Buffer.from(text.slice(0, dot)), key, Buffer.from(text.slice(dot + 1), 'base64url'))
}
