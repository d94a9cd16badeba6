/** Where no issuer has accounts, nothing carries a revocation to the servers. */

import type { Policy } from '../../policy/policy.ts'
import { refuse } from '../say.ts'
import type { Wish } from './revoke.ts'

export async function revokeByAdmin(_policy: Policy, _wish: Wish): Promise<number> {
  return refuse('no issuer has accounts: nothing carries it to the servers')
}
