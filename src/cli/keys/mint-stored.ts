/** Signs a token with the stored key of an issuer, as a server on the same database does. */

import type { Policy } from '../../policy/policy.ts'
import { systemClock } from '../../services/clock.ts'
import { type Minting, mintToken } from '../../services/keys/mint.ts'
import { atDesk } from '../desk.ts'
import { storedIssuer } from './issuer-of.ts'

export const mintStored = (minting: Minting, checked: Policy): Promise<string> =>
  atDesk(checked, async ({ keys, policy }) => {
    const { name, value: block } = storedIssuer(policy.issuers, minting.name)
    await keys.open(name, block)
    return mintToken({ ...minting, block }, keys.of(name).current(), systemClock)
  })
