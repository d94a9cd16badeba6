/** `portcullis users add`: makes an account, with a password that stands in no argument. */

import { Password, readPassword } from '../../services/accounts/passwords/password.ts'
import { PasswordPolicy } from '../../services/accounts/passwords/password-policy.ts'
import { type Call, text } from '../command.ts'
import type { Desk } from '../desk.ts'
import { printable } from '../printable.ts'
import { refuse } from '../say.ts'
import { list, readClaims } from '../token.ts'
import { askPassword } from './ask-password.ts'

export async function addUser(
  { store, hasher, operator }: Desk,
  username: string,
  flags: Call['flags'],
): Promise<number> {
  const email = text(flags.email)
  const policy = await PasswordPolicy.open()
  const typed = await askPassword(username)
  if (typed === undefined) return refuse('no password was typed, or not the same one twice: no account was made')
  const password = readPassword(typed)
  const context = { names: [username, ...(email === undefined ? [] : [email])] }
  const fault = password instanceof Password ? policy.check(password, context) : password
  if (!(password instanceof Password) || fault !== undefined)
    return refuse(`the password ${policy.explain(fault ?? 'empty')}`)
  const given = {
    username,
    ...(email !== undefined && { email }),
    passwordHash: await hasher.hash(password),
    scopes: list(flags.scopes),
    roles: list(flags.roles),
    claims: readClaims(flags.claim),
  }
  const made = await store.accounts.create(given, operator)
  if (made === undefined) return refuse(`\`${printable(username)}\` or its address is taken, or is no name`)
  process.stdout.write(`${made.id}\n`)
  return 0
}
