/** Takes down the keys that are made, and what the product itself holds for a secret, in the process of a test. */

import crypto, { type KeyObject } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { Password } from '../../../src/services/accounts/passwords/password.ts'
import { Secret } from '../../../src/services/secrets/secret.ts'
import type { TestRecord } from './record.ts'

export function watchSecrets(record: TestRecord): void {
  watchReveal(record, Secret.prototype, 'secret')
  watchReveal(record, Password.prototype, 'password')
  watchKeys(record)
  watchHash(record)
}

/** Only `reveal` gives their texts: whatever is used has come through it. */
function watchReveal(record: TestRecord, prototype: { reveal(): string }, kind: string): void {
  const { reveal } = prototype
  prototype.reveal = function (): string {
    const text = Reflect.apply(reveal, this, [])
    record.secret(kind, text)
    if (text.startsWith('base64:')) record.secret(kind, Buffer.from(text.slice(7), 'base64'))
    return text
  }
}

function watchKeys(record: TestRecord): void {
  const { createSecretKey, createPrivateKey } = crypto
  const noted = (key: KeyObject): KeyObject => {
    noteKey(record, key)
    return key
  }
  crypto.createSecretKey = ((...args: Parameters<typeof createSecretKey>) =>
    noted(Reflect.apply(createSecretKey, crypto, args))) as typeof createSecretKey
  crypto.createPrivateKey = (key) => noted(createPrivateKey(key))
  syncBuiltinESMExports()
}

/** Of an asymmetric key the private part alone: with the public one, all of it begins as every other of its kind does. */
function noteKey(record: TestRecord, key: KeyObject): void {
  if (key.type === 'secret') record.secret('symmetric key', key.export())
  else record.secret('private key', Buffer.from(privatePart(key), 'base64url'))
}

/** Some kinds that the product refuses have no JWK. */
function privatePart(key: KeyObject): string {
  try {
    return key.export({ format: 'jwk' }).d ?? ''
  } catch {
    return ''
  }
}

const token = /^[\w-]{43}$|^pk_[a-z]{4}_/

/** What is kept of a refresh token, a session and an API key is the hash. */
function watchHash(record: TestRecord): void {
  const { hash } = crypto
  crypto.hash = ((...args: Parameters<typeof hash>) => {
    if (typeof args[1] === 'string' && token.test(args[1])) record.secret('token that was hashed', args[1])
    return Reflect.apply(hash, crypto, args)
  }) as typeof hash
  syncBuiltinESMExports()
}
