/** What is at hand to prove who calls: tokens that were given, and the keys of this folder. */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { StartFault } from '../../core/start-fault.ts'
import type { Named, Policy } from '../../policy/policy.ts'
import { readDevKey } from '../../services/keys/dev-key.ts'
import { hasStoredKeys, type IssuerBlock } from '../../services/keys/issuer.ts'
import type { SigningKey } from '../../services/keys/signing-key.ts'
import type { Authority } from '../../tools/attack/forge.ts'
import { UsageFault } from '../command.ts'
import { atDesk } from '../desk.ts'

/** Issuer → its key or a token; `tokens` are those that were given. */
export async function authoritiesOf(
  policy: Policy,
  tokens: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, Authority>> {
  const names = policy.issuers.map(({ name }) => name)
  const stranger = [...tokens.keys()].find((name) => !names.includes(name))
  if (stranger !== undefined) throw new UsageFault(`no policy describes an issuer \`${stranger}\``)
  const found = new Map<string, Authority>()
  for (const issuer of policy.issuers) {
    const token = tokens.get(issuer.name)
    found.set(issuer.name, token === undefined ? { key: await keyOf(issuer, policy) } : { token })
  }
  return found
}

/** Whoever may read the keys of the server can make every token; from elsewhere there are none. */
async function keyOf({ name, value }: Named<IssuerBlock>, policy: Policy): Promise<SigningKey | undefined> {
  if (value.builtin !== true) return undefined
  if (hasStoredKeys(value)) return storedKey(name, policy)
  return existsSync(join('data', 'dev-key')) ? readDevKey() : undefined
}

async function storedKey(wanted: string, checked: Policy): Promise<SigningKey | undefined> {
  try {
    return await atDesk(checked, async ({ keys, policy }) => {
      const issuer = policy.issuers.find(({ name }) => name === wanted)
      if (issuer === undefined) return undefined
      await keys.open(wanted, issuer.value)
      return keys.of(wanted).current()
    })
  } catch (error) {
    if (error instanceof StartFault) return undefined
    throw error
  }
}
