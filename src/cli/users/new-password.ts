/** Asks for a password that may be chosen, as accounts get them from an operator. */

import { Password, readPassword } from '../../services/accounts/passwords/password.ts'
import { PasswordPolicy } from '../../services/accounts/passwords/password-policy.ts'
import { askPassword } from './ask-password.ts'

export interface Owner {
  readonly username: string
  readonly email?: string | undefined
}

/** The password, or why there is none. */
export async function newPassword({ username, email }: Owner): Promise<Password | string> {
  const policy = await PasswordPolicy.open()
  const typed = await askPassword(username)
  if (typed === undefined) return 'no password was typed, or not the same one twice: nothing was done'
  const password = readPassword(typed)
  const names = email === undefined ? [username] : [username, email]
  const fault = password instanceof Password ? policy.check(password, { names }) : password
  return password instanceof Password && fault === undefined
    ? password
    : `the password ${policy.explain(fault ?? 'empty')}`
}
