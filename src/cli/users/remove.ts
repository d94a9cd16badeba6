/** `portcullis users remove`: the account, its sessions and its API keys; its name is free, and inherits nothing. */

import { isIdentityIssuer } from '../../services/identity/identity-issuer.ts'
import type { Desk } from '../desk.ts'
import { printable } from '../printable.ts'
import { refuse, say } from '../say.ts'
import { revocationsOf } from './revocations-of.ts'

/** No account will ever have its id again: tokens of it are revoked whenever they were issued. */
const time = Number.MAX_SAFE_INTEGER

export async function removeUser({ store, operator, policy }: Desk, name: string): Promise<number> {
  const account = await store.accounts.findByUsername(name)
  const revoked = account && revocationsOf(policy.issuers.filter(isIdentityIssuer), account.id, { time })
  const removed = account && revoked && (await store.remove({ account, operator, revoked }))
  if (removed === undefined) return refuse(`no account is named \`${printable(name)}\``)
  const { sessions, apiKeys } = removed
  const [ofSessions, ofKeys] = [count(sessions, 'session'), count(apiKeys, 'API key')]
  return say(
    name,
    `is removed: ${ofSessions} and ${ofKeys} have ended, and within 2 seconds its access tokens and keys are good nowhere`,
  )
}

const count = (number: number, thing: string): string => `${number} ${thing}${number === 1 ? '' : 's'}`
