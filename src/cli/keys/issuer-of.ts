/** Whose stored keys a command is about. */

import { isIdentityIssuer, type NamedIssuer } from '../../services/identity/identity-issuer.ts'
import { UsageFault } from '../command.ts'

/** The one that is named, or the only one. */
export function storedIssuer(issuers: readonly NamedIssuer[], wanted: string | undefined): NamedIssuer {
  const stored = issuers.filter(isIdentityIssuer)
  const names = stored.map(({ name }) => `\`${name}\``).join(', ')
  const [only, ...others] = stored
  if (only === undefined)
    throw new UsageFault('no `builtin` issuer has `refreshTtl`, and only the keys of such a one are stored')
  if (wanted === undefined && others.length > 0) throw new UsageFault(`expected \`--issuer\`, one of ${names}`)
  const found = wanted === undefined ? only : stored.find(({ name }) => name === wanted)
  if (found === undefined) throw new UsageFault(`expected \`--issuer\` to be one of ${names}, got \`${wanted}\``)
  return found
}
