/** `portcullis users add`: makes an account, with a password that stands in no argument. */

import { type Call, text } from '../command.ts'
import type { Desk } from '../desk.ts'
import { printable } from '../printable.ts'
import { refuse } from '../say.ts'
import { readScopes } from '../scope-list.ts'
import { list, readClaims } from '../token.ts'
import { newPassword } from './new-password.ts'

export async function addUser(
  { store, hasher, operator }: Desk,
  username: string,
  flags: Call['flags'],
): Promise<number> {
  const [email, scopes] = [text(flags.email), readScopes(flags.scopes)]
  const password = await newPassword({ username, email })
  if (typeof password === 'string') return refuse(password)
  const given = {
    username,
    ...(email !== undefined && { email }),
    passwordHash: await hasher.hash(password),
    scopes,
    roles: list(flags.roles),
    claims: readClaims(flags.claim),
  }
  const made = await store.accounts.create(given, operator)
  if (made === undefined) return refuse(`\`${printable(username)}\` or its address is taken, or is no name`)
  process.stdout.write(`${made.id}\n`)
  return 0
}
