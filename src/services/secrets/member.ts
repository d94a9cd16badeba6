/** `NAME#member`: one member of a secret that is a JSON object. */

import { Secret } from './secret.ts'
import { SecretFault } from './secrets.ts'

/** The name of the whole secret, and of the member. */
export function splitMember(name: string): readonly [whole: string, member?: string] {
  const at = name.indexOf('#')
  return at === -1 ? [name] : [name.slice(0, at), name.slice(at + 1)]
}

/** The secret itself where no member is named. Throws `SecretFault`, which quotes nothing of it. */
export function pickMember(whole: Secret, member: string | undefined): Secret {
  if (member === undefined) return whole
  const value = memberOf(whole, member)
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value
  if (typeof text === 'string' && text !== '') return new Secret(`${whole.name}#${member}`, text)
  throw new SecretFault(`the secret \`${whole.name}\` has no text in its member \`${member}\``)
}

function memberOf(whole: Secret, member: string): unknown {
  const parsed = parse(whole.reveal())
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new SecretFault(`the secret \`${whole.name}\` is no JSON object, and has no member \`${member}\``)
  return Object.hasOwn(parsed, member) ? (parsed as Readonly<Record<string, unknown>>)[member] : undefined
}

/** What the parser says of a fault quotes the text. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
