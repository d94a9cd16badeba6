/** Whether a name and a password are those of an account: counted, and the same work whatever is wrong. */

import { addressBlock } from '../../../core/address.ts'
import { type Denial, deny } from '../../../core/denial.ts'
import type { Exchange } from '../../../core/exchange.ts'
import type { Account } from '../../../services/accounts/account.ts'
import { Password, readPassword } from '../../../services/accounts/passwords/password.ts'
import { DatabaseAway } from '../../../services/database/database.ts'
import type { Identity } from '../../../services/identity/identity.ts'
import { credentialsInvalid } from './identity-route.ts'

interface Claim {
  readonly username: string
  readonly typed: string
}

/** The account, or why it is not proved. */
export async function prove(
  exchange: Exchange,
  identity: Identity,
  { username, typed }: Claim,
): Promise<Account | Denial> {
  const { failures } = identity.store
  const attempt = { username, address: addressBlock(exchange.address) }
  const admission = await failures.admit(attempt)
  if (!admission.isAdmitted) return locked(admission)
  try {
    const proved = await look(exchange, identity, { username, typed })
    if (!('code' in proved)) await failures.succeed(attempt)
    return proved
  } catch (error) {
    // Nobody is told whether it is the password, and so nobody has guessed.
    if (error instanceof DatabaseAway) failures.owe(admission)
    else await failures.withdraw(admission)
    throw error
  }
}

async function look(exchange: Exchange, identity: Identity, { username, typed }: Claim): Promise<Account | Denial> {
  const account = await identity.store.accounts.findByUsername(username)
  const fault = await judge(exchange, { identity, account, typed })
  return account === undefined || fault !== undefined ? credentialsInvalid(fault ?? 'no such account') : account
}

interface Claimed {
  readonly identity: Identity
  readonly account: Account | undefined
  readonly typed: string
}

/** Why it is not the one that it says, for the record alone. The work is the same, whatever is wrong. */
async function judge(exchange: Exchange, { identity, account, typed }: Claimed): Promise<string | undefined> {
  const password = readPassword(typed)
  if (!(password instanceof Password)) return `no password of this shape: ${password}`
  const gone = new AbortController()
  exchange.defer(() => gone.abort())
  const { hasher } = identity
  const { passwordHash: hash, disabledAt } = account ?? {}
  if (account === undefined || hash === undefined || disabledAt !== undefined) {
    await hasher.verifyNothing(password, { signal: gone.signal })
    if (account === undefined) return 'no such account'
    return `account ${account.id} ${disabledAt === undefined ? 'has no password' : 'is disabled'}`
  }
  const { matches, needsRehash } = await hasher.verify(password, hash, { signal: gone.signal })
  if (!matches) return `wrong password of account ${account.id}`
  if (needsRehash) void rehash(identity, account, password).catch(() => {})
  return undefined
}

/** Nobody waits for it: the next login does it where this one cannot. */
async function rehash({ hasher, store }: Identity, account: Account, password: Password): Promise<void> {
  await store.accounts.rehash(account, await hasher.hash(password, { urgency: 'background' }))
}

const locked = ({ isLocked, retryAfter }: { readonly isLocked: boolean; readonly retryAfter: number }): Denial =>
  deny('account_locked', {
    headers: ['Retry-After', `${Math.max(1, Math.ceil(retryAfter / 1_000))}`],
    cause: isLocked ? 'locked until somebody unlocks it' : 'it failed too often of late',
  })
