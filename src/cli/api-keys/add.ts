/** `portcullis api-keys add`: makes a key, and shows it once. */

import { readDuration } from '../../core/duration.ts'
import { type Call, text, UsageFault } from '../command.ts'
import type { Desk } from '../desk.ts'
import { printable } from '../printable.ts'
import { refuse } from '../say.ts'
import { readScopes } from '../scope-list.ts'

export interface KeyWish {
  readonly scopes: readonly string[]
  readonly name: string
  /** Milliseconds that it lives; none for ever. */
  readonly life: number | undefined
}

const longestName = 100

/** Throws `UsageFault`. */
export function readWish(flags: Call['flags']): KeyWish {
  const [scopes, name] = [readScopes(flags.scopes), text(flags.name) ?? 'key']
  if (scopes.length === 0) throw new UsageFault('expected `--scopes`: a key without any can call next to nothing')
  if (name === '' || name.length > longestName)
    throw new UsageFault(`expected \`--name\` to have 1 to ${longestName} characters`)
  return { scopes, name, life: readLife(text(flags.expires) ?? '90d') }
}

function readLife(written: string): number | undefined {
  if (written === 'never') return undefined
  try {
    return readDuration(written)
  } catch {
    throw new UsageFault(`expected \`--expires\` to be a duration such as \`90d\`, or \`never\`, got \`${written}\``)
  }
}

export async function addKey({ store, operator }: Desk, username: string, wish: KeyWish): Promise<number> {
  const account = await store.accounts.findByUsername(username)
  if (account === undefined) return refuse(`no account is named \`${printable(username)}\``)
  const lacking = wish.scopes.find((wanted) => !account.scopes.includes(wanted))
  if (lacking !== undefined) return refuse(`\`${printable(username)}\` does not have the scope \`${lacking}\``)
  const { scopes, name, life } = wish
  const given = { account: account.id, name, scopes, ...(life !== undefined && { expiresAt: Date.now() + life }) }
  const made = await store.apiKeys.create(given, operator)
  if (made === undefined) return refuse(`no account is named \`${printable(username)}\``)
  process.stderr.write(`portcullis: ${describe(made.key)}\n`)
  process.stdout.write(`${made.text}\n`)
  return 0
}

function describe({ id, expiresAt }: { readonly id: string; readonly expiresAt: number | undefined }): string {
  const end = expiresAt === undefined ? 'never expires' : `expires at ${new Date(expiresAt).toISOString()}`
  return `the key \`${id}\` is shown this once, and ${end}`
}
