/** `portcullis users password`: another password for who forgot it, or whose password somebody else knows. */

import { isIdentityIssuer } from '../../services/identity/identity-issuer.ts'
import type { Desk } from '../desk.ts'
import { printable } from '../printable.ts'
import { refuse, say } from '../say.ts'
import { tellOfKeys } from './live-keys.ts'
import { newPassword } from './new-password.ts'
import { revocationsOf } from './revocations-of.ts'

/** Tokens of this very second are those of sessions that end, or of a login with the new password. */
const second = 1_000

export async function setPassword({ store, hasher, operator, policy }: Desk, name: string): Promise<number> {
  const account = await store.accounts.findByUsername(name)
  if (account === undefined) return refuse(`no account is named \`${printable(name)}\``)
  const password = await newPassword(account)
  if (typeof password === 'string') return refuse(password)
  const hash = await hasher.hash(password)
  const revoked = revocationsOf(policy.issuers.filter(isIdentityIssuer), account.id, { time: Date.now() - second })
  const ended = await store.setPassword({ account, hash, operator, revoked })
  if (ended === undefined) return refuse(`no account is named \`${printable(name)}\` any more`)
  await tellOfKeys({ store }, account)
  const sessions = ended === 1 ? '1 session has' : `${ended} sessions have`
  const state = account.disabledAt === undefined ? '' : '; it is still disabled'
  return say(
    name,
    `has another password: ${sessions} ended, and within 2 seconds its access tokens are good nowhere${state}`,
  )
}
