/** Signs a token with the stored key of an issuer, as a server on the same database does; without a record there is no token. */

import type { Policy } from '../../policy/policy.ts'
import { systemClock } from '../../services/clock.ts'
import { type Minting, mintToken } from '../../services/keys/mint.ts'
import { atDesk } from '../desk.ts'
import { storedIssuer } from './issuer-of.ts'

export const mintStored = (minting: Minting, checked: Policy): Promise<string> =>
  atDesk(checked, async ({ keys, store, policy, operator }) => {
    const { name, value: block } = storedIssuer(policy.issuers, minting.name)
    await keys.open(name, block)
    const key = keys.of(name).current()
    const token = mintToken({ ...minting, block }, key, systemClock)
    await store.signingKeys.recordUse(name, { key: key.kid, sub: minting.sub, jti: jtiOf(token) }, operator)
    return token
  })

const jtiOf = (token: string): string => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).jti
