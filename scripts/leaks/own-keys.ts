/** The keys that the product makes for itself at first use, each in a file that nobody else may read. */

import { createPrivateKey } from 'node:crypto'
import { basename } from 'node:path'

const readers: Readonly<Record<string, (text: string) => Buffer>> = {
  'dev-key': (text) => Buffer.from(JSON.parse(text).d, 'base64url'),
  'field-key': (text) => Buffer.from(text.trim(), 'base64'),
  'audit-key': (pem) => Buffer.from(createPrivateKey(pem).export({ format: 'jwk' }).d ?? '', 'base64url'),
}

/** Whether a file bears the name of one. */
export const isOwnKey = (path: string): boolean => Object.hasOwn(readers, basename(path))

/** What is secret of it; undefined for one that a test has spoilt. */
export function readOwnKey(path: string, text: string): Buffer | undefined {
  try {
    const key = readers[basename(path)]?.(text)
    return key !== undefined && key.length >= 32 ? key : undefined
  } catch {
    return undefined
  }
}
