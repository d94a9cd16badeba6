/** One line of an import: an account as JSON, or what is wrong with it; no message holds a value of it but its name. */

import { JsonFault, parseJson } from '../../../core/json.ts'
import { any, array, boolean, type Infer, object, record, string } from '../../../schema/builder.ts'
import { compileSchema } from '../../../schema/compile.ts'
import { toPointer } from '../../../schema/pointer.ts'
import type { NewAccount } from '../../../services/accounts/account.ts'
import { normaliseName } from '../../../services/accounts/names.ts'
import { readBcryptHash } from '../../../services/accounts/passwords/bcrypt-hash.ts'
import { printable } from '../../printable.ts'
import type { Line } from './lines.ts'

/** RFC 6749 §3.3. */
const scope = string({ pattern: '^[\\x21\\x23-\\x5b\\x5d-\\x7e]+$', title: 'a scope' })

const lineSchema = object({
  username: string(),
  password_hash: string(),
  'email?': string(),
  'roles?': array(string({ minLength: 1 })),
  'scopes?': array(scope),
  'claims?': record(any()),
  'disabled?': boolean(),
})

const validator = compileSchema(lineSchema)

/** The account, or what is wrong with the line. */
export function judgeLine({ text, fault }: Line): NewAccount | readonly string[] {
  if (text === undefined) return [fault ?? 'cannot be read']
  const parsed = parseJson(text)
  if (parsed instanceof JsonFault) return [parsed.message]
  const checked = validator.check(parsed.value)
  if (checked.errors !== undefined)
    return checked.errors.map(
      ({ path, message }) => `${message}${path.length === 0 ? '' : ` at \`${printable(toPointer(path))}\``}`,
    )
  const faults = [...judgeNames(checked.value), ...judgeHash(checked.value)]
  return faults.length > 0 ? faults : accountOf(checked.value)
}

type Written = Infer<typeof lineSchema>

function judgeNames({ username, email }: Written): readonly string[] {
  const isName = normaliseName(username) !== undefined
  const isAddress = email === undefined || normaliseName(email) !== undefined
  return [
    ...(isName ? [] : ['no account can have such a `username`']),
    ...(isAddress ? [] : ['no account can have such an `email`']),
  ]
}

const hashFaults = {
  unreadable: 'expected `password_hash` to be a bcrypt hash, `$2a$`, `$2b$` or `$2y$`, of a cost from 4',
  too_costly: 'expected `password_hash` to be a bcrypt hash of a cost up to 15: one of more would keep a thread busy',
} as const

function judgeHash({ password_hash: text }: Written): readonly string[] {
  const read = readBcryptHash(text)
  return typeof read === 'string' ? [hashFaults[read]] : []
}

const accountOf = ({ password_hash: passwordHash, ...account }: Written): NewAccount => ({ ...account, passwordHash })
