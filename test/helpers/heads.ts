/** Signed heads of a log that is not there. */

import { generateKeyPairSync, hash } from 'node:crypto'
import { originOf, signHead } from '../../src/services/audit/note.ts'

const { privateKey } = generateKeyPairSync('ed25519')

export const headOf = (size: number): string =>
  signHead({ origin: originOf('gate-0123abcd'), size, root: hash('sha256', String(size), 'base64') }, privateKey)
