/** The key that `builtin` issuers sign with in development: made at first use, shared by all processes of the folder. */

import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { StartFault } from '../../core/start-fault.ts'
import type { Log } from '../log.ts'
import { readOwnFile } from './own-file.ts'
import type { SigningKey } from './signing-key.ts'
import { thumbprint } from './thumbprint.ts'

/** What it signs with. */
export const devAlgorithm = 'ES256'

/** Reads `<folder>/dev-key`, an ES256 private JWK that nobody else may read; makes it where there is none, and says so. */
export async function readDevKey(folder = 'data', log?: Pick<Log, 'warn'>): Promise<SigningKey> {
  const path = join(folder, 'dev-key')
  const text = await readOwnFile(path, () => {
    log?.warn({ path }, `made ${path}: tokens of \`builtin\` issuers are signed with it, for this machine alone`)
    return make()
  })
  try {
    const jwk = JSON.parse(text)
    const key = createPrivateKey({ key: jwk, format: 'jwk' })
    if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new TypeError('another curve')
    return { kid: thumbprint(jwk), algorithm: devAlgorithm, key }
  } catch {
    throw new StartFault(`\`${path}\` is not an ES256 private JWK: delete it, and a new one is made`)
  }
}

const make = (): string =>
  JSON.stringify(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }))
