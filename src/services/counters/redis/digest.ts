/** What stands for user data in the names of keys. */

import { hash } from 'node:crypto'

/** Characters of base64url: 132 bits, which nobody finds a second text for. */
const length = 22

/** SHA-256 over the code units: as UTF-8, halves of surrogate pairs would all be the same. */
export const digestOf = (text: string): string =>
  hash('sha256', Buffer.from(text, 'utf16le'), 'base64url').slice(0, length)
