/** A refresh token: 256 random bits, which say nothing (RFC 9700 §4.14.2); what is kept of it is its hash. */

import { hash, randomBytes } from 'node:crypto'

export const newRefreshToken = (): string => randomBytes(32).toString('base64url')

const shape = /^[A-Za-z0-9_-]{43}$/

/** Undefined for what is no token of ours. So many random bits need neither salt nor a slow hash. */
export const hashOfToken = (token: string): string | undefined =>
  shape.test(token) ? hash('sha256', token, 'base64url') : undefined
