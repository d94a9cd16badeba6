/** The secret that an issuer shares with this server, and while it is rotated the values before and after. */

import { createSecretKey } from 'node:crypto'
import { StartFault } from '../../core/start-fault.ts'
import { algorithmsOf } from './algorithm.ts'
import { checkKeys } from './check-keys.ts'
import { readSecret } from './hmac-secret.ts'
import type { IssuerBlock } from './issuer.ts'
import { issuerRules } from './issuer-rules.ts'
import { type KeySource, rotatingKeys, staticKeys } from './key-source.ts'
import type { IssuerWorld } from './open-issuer.ts'
import type { VerificationKey } from './public-key.ts'

/** The keys of a block with a `secret`. */
export function openShared(name: string, block: IssuerBlock, { othersOf, clock, log }: IssuerWorld): KeySource {
  const { secret: text = '' } = block
  const key = readKey(name, text)
  const others = (othersOf?.(text) ?? []).flatMap(({ secret, until }) => {
    if (isFit({ ...block, secret: secret.reveal() })) return [{ key: readKey(name, secret.reveal()), until }]
    log.warn(
      { issuer: name },
      `another value of the secret \`${secret.name}\` is not accepted: \`check\` would refuse it`,
    )
    return []
  })
  return others.length === 0 ? staticKeys([key]) : rotatingKeys([{ key, until: undefined }, ...others], clock)
}

/** It is judged as the one in use is. */
const isFit = (block: IssuerBlock): boolean =>
  checkKeys(block).every(({ rule }) => issuerRules[rule as keyof typeof issuerRules].severity !== 'error')

function readKey(name: string, text: string): VerificationKey {
  const bytes = readSecret(text)
  if (bytes === undefined) throw new StartFault(`issuer \`${name}\`: expected base64 after \`base64:\` in \`secret\``)
  const key = createSecretKey(bytes)
  return { kid: undefined, key, algorithms: algorithmsOf(key) }
}
