/**
 * `node scripts/digest-passwords.ts LIST`: the long passwords of a list, one a line, as the product keeps them. The one
 * that is kept was made of `10-million-password-list-top-1000000.txt` of SecLists.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { digestCommon, packDigests } from '../src/services/accounts/passwords/common-passwords.ts'
import { fold } from '../src/services/accounts/passwords/predictable.ts'

/** Shorter ones are known from elsewhere, and too short to stand alone. */
const leastLength = 15
const [list] = process.argv.slice(2)
if (list === undefined) throw new Error('expected a file with a password on each line')

const passwords = readFileSync(list, 'utf8').split(/\r?\n/).map(fold)
const long = new Set(passwords.filter((password) => password.length >= leastLength))
const text = `/** Common passwords of ${leastLength} characters and more: ${long.size}, as \`scripts/digest-passwords.ts\` makes them. */

export const leastLength = ${leastLength}

/** The first five bytes of SHA-256 of each, sorted. */
export const longCommonPasswords: string =
  '${packDigests([...long].map(digestCommon))}'
`
writeFileSync(new URL('../src/services/accounts/passwords/long-common-passwords.ts', import.meta.url), text)
