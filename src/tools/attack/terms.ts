/** What is known beside the policies: which tokens can be made, from where we ask, what may be changed. */

import { compileRanges, isLoopbackHost } from '../../core/address.ts'
import { hasReference } from '../../core/expression.ts'
import type { Policy } from '../../policy/policy.ts'
import { readSettings } from '../../policy/settings.ts'
import { type AccountCredentials, type Authority, Forge } from './forge.ts'
import type { Terms } from './plan.ts'

interface Given {
  readonly url: URL
  /** Issuer → what is at hand of it. */
  readonly authorities: ReadonlyMap<string, Authority>
  readonly accounts: AccountCredentials
  readonly writes: boolean
}

export function termsOf(policy: Policy, { url, authorities, accounts, writes }: Given): Terms {
  const settings = readSettings(policy.settings[0]?.value)
  const own = isLoopbackHost(url.hostname) ? (url.hostname.includes(':') ? '::1' : '127.0.0.1') : undefined
  const proxies = settings.trustedProxies.filter((range) => !hasReference(range))
  return {
    forge: new Forge(policy, authorities, accounts),
    own,
    isTrusted: own === undefined || compileRanges(proxies)(own),
    writes,
    maxBody: settings.limits.body,
  }
}
