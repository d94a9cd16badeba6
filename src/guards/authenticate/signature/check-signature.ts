/** Finds what is wrong with a `signature` beyond its shape; what is still to be filled in is judged then. */

import type { Fault } from '../../../core/diagnostic.ts'
import { hasReference } from '../../../core/expression.ts'
import { findWeakness, readSecret } from '../../../services/keys/hmac-secret.ts'
import { checkHeader } from '../credential-header.ts'
import { type SignatureOptions, secretsOf } from './options.ts'
import { findTextFault } from './signed-text.ts'

/** Bytes of a secret; senders choose them, and 24 random ones are what Standard Webhooks asks for at least. */
const leastBytes = 24

export function checkSignature(options: SignatureOptions): readonly Fault[] {
  const { header, timestamp, id } = options
  const time = typeof timestamp === 'object' ? timestamp.header : timestamp
  return [
    ...checkHeader(header, ['header']),
    ...checkHeader(time, typeof timestamp === 'object' ? ['timestamp', 'header'] : ['timestamp']),
    ...checkHeader(id, ['id']),
    ...checkText(options),
    ...checkSecrets(options),
  ]
}

function checkText(options: SignatureOptions): readonly Fault[] {
  const { signs, timestamp, id } = options
  if ([signs, timestamp, id].some(hasReference)) return []
  const message = findTextFault(options)
  const path = signs === undefined ? [] : ['signs']
  return message === undefined ? [] : [{ rule: 'authenticate/signed-text', path, message }]
}

function checkSecrets(options: SignatureOptions): readonly Fault[] {
  return secretsOf(options).flatMap((text, index): readonly Fault[] => {
    const message = findSecretFault(text)
    const path = typeof options.secret === 'string' ? ['secret'] : ['secret', index]
    return message === undefined ? [] : [{ rule: 'authenticate/weak-secret', path, message }]
  })
}

/** Why signatures are not judged by this secret. */
export function findSecretFault(text: string): string | undefined {
  if (hasReference(text)) return undefined
  const bytes = readSecret(text)
  return bytes === undefined ? 'expected base64 after `base64:`' : findWeakness(bytes, leastBytes)
}
