/** `scopes`: what the caller's token must have been granted. */

import { type Denial, deny } from '../core/denial.ts'
import type { Exchange } from '../core/exchange.ts'
import { array, type Infer, object, string, union } from '../schema/builder.ts'
import { defineGuard, type Step } from './guard.ts'

/** One scope token (RFC 6749 §3.3). */
const scope = string({
  pattern: '^[\\x21\\x23-\\x5B\\x5D-\\x7E]+$',
  maxLength: 256,
  title: 'a scope',
  examples: ['orders:read'],
})

const schema = union([
  array(scope, { description: 'All of these are needed.', minItems: 1 }),
  object({ any: array(scope, { description: 'One of these is enough.', minItems: 1 }) }),
])

export type ScopesBlock = Infer<typeof schema>

export const scopes = defineGuard<ScopesBlock>({
  name: 'scopes',
  summary: "Asks for scopes of the caller's token, compared whole and case-sensitive.",
  example: 'scopes: [orders:read, orders:write]\n',
  schema,
  refuses: ['token_missing', 'credential_missing', 'scope_missing'],
  inherits: true,
  reportable: true,
  compile(block, site) {
    const source = Object.freeze({ file: site.file, line: site.line })
    const decide = 'any' in block ? anyScopeGuard(block.any) : allScopesGuard(block)
    return { steps: [{ guard: 'scopes', gate: 'scopes', source, decide }] }
  },
  describe(block) {
    const alternatives = 'any' in block ? block.any.map((name) => [name]) : [block]
    return { scopes: alternatives, notes: [describeScopes(block)], refusals: ['token_missing', 'scope_missing'] }
  },
})

function describeScopes(block: ScopesBlock): string {
  const [names, joint] = 'any' in block ? [block.any, ' or '] : [block, ' and ']
  return `Needs the scope ${names.map((name) => `\`${name}\``).join(joint)}.`
}

const allScopesGuard = (wanted: readonly string[]): Step['decide'] => {
  const refuse = compileRefusal(wanted)
  return function scopesGuard(exchange) {
    const { scopes: granted } = exchange.principal
    return wanted.every((name) => granted.includes(name)) ? undefined : refuse(exchange)
  }
}

const anyScopeGuard = (wanted: readonly string[]): Step['decide'] => {
  const refuse = compileRefusal(wanted)
  return function scopesGuard(exchange) {
    const { scopes: granted } = exchange.principal
    return wanted.some((name) => granted.includes(name)) ? undefined : refuse(exchange)
  }
}

/** Where the credential is optional and none came: no error is told (RFC 6750 §3.1). */
const tokenMissing = deny('token_missing', {
  headers: ['WWW-Authenticate', 'Bearer'],
  cause: 'the route lets a caller without a token in, its scopes do not',
})

/** Tells which scopes to ask the issuer for (RFC 6750 §3.1). */
function compileRefusal(wanted: readonly string[]): (exchange: Exchange) => Denial {
  const lacking = deny('scope_missing', {
    headers: ['WWW-Authenticate', `Bearer error="insufficient_scope", scope="${[...new Set(wanted)].join(' ')}"`],
  })
  return ({ principal, credentialMissing }) => (principal.id === '' ? (credentialMissing ?? tokenMissing) : lacking)
}
