/** Every route says who may call it, by issuers that exist and can be told apart. */

import { hasReference } from '../../core/expression.ts'
import { suggest } from '../../core/suggest.ts'
import type { MethodOf } from '../../guards/authenticate/method.ts'
import { isIdentityIssuer } from '../../services/identity/identity-issuer.ts'
import { audiences, type IssuerBlock, issuerClaim } from '../../services/keys/issuer.ts'
import type { Finding } from '../findings.ts'
import type { Named, Route } from '../policy.ts'
import { below, type Place } from '../source.ts'
import { accountMethodsOf, tokenMethodsOf } from '../who.ts'
import { defineRule } from './rule.ts'

export const authentication = defineRule({
  rules: {
    'authenticate/missing': {
      severity: 'error',
      cause: 'Nothing is open by omission: a route that does not say who may call it is refused.',
      hint: 'add `authenticate: jwt`, or `authenticate: public` if everyone may call it',
    },
    'authenticate/no-issuer': {
      severity: 'error',
      cause: 'Tokens are asked for, but no issuer is declared whose tokens would be accepted.',
      hint: 'declare one under `issuers`',
    },
    'authenticate/no-accounts': {
      severity: 'error',
      cause: 'API keys and sessions are those of accounts, which log in where one `builtin` issuer has `refreshTtl`.',
      hint: 'give one `builtin` issuer `refreshTtl: 30d`, and no other',
    },
    'authenticate/unknown-issuer': {
      severity: 'error',
      cause: 'A named issuer is declared nowhere.',
      hint: 'declare it under `issuers`',
    },
    'authenticate/ambiguous-issuer': {
      severity: 'error',
      cause: 'A bare `jwt` says nothing about whose tokens are meant once two issuers exist.',
      hint: 'name them: `jwt: { issuers: [name] }`',
    },
    'authenticate/twin-issuers': {
      severity: 'error',
      cause: 'The `iss` claim of a token tells which issuer judges it; two with the same claim cannot be told apart.',
      hint: 'accept one of them here, or give each an `issuer` of its own',
    },
    'authenticate/unknown-audience': {
      severity: 'error',
      cause: 'A route narrows the audiences of its issuers; one that none of them has lets no token through.',
      hint: 'name an `audience` of the issuer, or add this one there',
    },
  },
  check(policy) {
    const accounts = policy.issuers.filter(isIdentityIssuer).length
    const issuers = new Map(policy.issuers.map((issuer) => [issuer.name, issuer]))
    const hasAccounts = accounts === 1 || policy.broken.issuers.size > 0
    const declared = { issuers, hasAccounts, names: [...new Set([...issuers.keys(), ...policy.broken.issuers])] }
    return policy.routes.flatMap((route) => checkRoute(route, declared))
  },
})

interface Declared {
  readonly issuers: ReadonlyMap<string, Named<IssuerBlock>>
  /** Whether accounts log in here; nobody knows where an issuer has faults. */
  readonly hasAccounts: boolean
  /** Those with faults included. */
  readonly names: readonly string[]
}

function checkRoute(route: Route, declared: Declared): readonly Finding[] {
  if (route.broken.has('authenticate')) return []
  const block = route.blocks.get('authenticate')
  if (block === undefined) {
    const message = `\`${route.key}\` does not say who may call it`
    return [{ rule: 'authenticate/missing', at: route.at, onKey: true, message }]
  }
  return [
    ...tokenMethodsOf(route).flatMap((method) => checkMethod(method, block.at, declared)),
    ...(declared.hasAccounts
      ? []
      : accountMethodsOf(route).map(({ kind, path }) => noAccounts(kind, below(block.at, ...path)))),
  ]
}

const noAccounts = (kind: string, at: Place): Finding => ({
  rule: 'authenticate/no-accounts',
  at,
  onKey: true,
  message: `\`${kind}\` stands for accounts, and no single \`builtin\` issuer with \`refreshTtl\` has any`,
})

function checkMethod(method: MethodOf<'jwt'>, block: Place, declared: Declared): readonly Finding[] {
  const { names } = declared
  const { options, path } = method
  const at = below(block, ...path)
  if (names.length === 0) return [{ rule: 'authenticate/no-issuer', at, onKey: true, message: 'no issuer is declared' }]
  if (options.issuers === undefined && names.length > 1) return [ambiguous(at, names)]
  const accepted = options.issuers ?? names
  const unknown = accepted.flatMap((name, index) =>
    names.includes(name) ? [] : [unknownIssuer(name, below(at, 'issuers', index), names)],
  )
  if (unknown.length > 0 || accepted.some((name) => !declared.issuers.has(name))) return unknown
  const issuers = accepted.flatMap((name) => declared.issuers.get(name) ?? [])
  return [...findTwins(issuers, at), ...findForeignAudiences(method, issuers, at)]
}

const ambiguous = (at: Place, known: readonly string[]): Finding => ({
  rule: 'authenticate/ambiguous-issuer',
  at,
  onKey: true,
  message: `expected \`issuers\`: there are ${known.map((name) => `\`${name}\``).join(' and ')}`,
})

function unknownIssuer(name: string, at: Place, known: readonly string[]): Finding {
  const near = suggest(name, known)
  return {
    rule: 'authenticate/unknown-issuer',
    at,
    message: `no issuer is named \`${name}\``,
    hint: near && `did you mean \`${near}\`?`,
  }
}

function findTwins(issuers: readonly Named<IssuerBlock>[], at: Place): readonly Finding[] {
  const byClaim = Map.groupBy(issuers, ({ name, value }) => issuerClaim(name, value))
  return [...byClaim].flatMap(([claim, [first, second]]): readonly Finding[] => {
    if (first === undefined || second === undefined || first.name === second.name) return []
    const message = `\`${first.name}\` and \`${second.name}\` both have \`issuer: ${claim}\``
    const related = [first, second].map((issuer) => ({ at: issuer.at, message: `\`${issuer.name}\``, onKey: true }))
    return [{ rule: 'authenticate/twin-issuers', at, onKey: true, message, related }]
  })
}

/** Text that stands for a value is judged once the value is there. */
function findForeignAudiences(
  { options }: MethodOf<'jwt'>,
  issuers: readonly Named<IssuerBlock>[],
  at: Place,
): readonly Finding[] {
  const known = issuers.flatMap(({ value }) => audiences(value))
  const audience = audiences(options)
  const foreign = [...known, ...audience].some(hasReference) ? [] : audience.filter((name) => !known.includes(name))
  return foreign.map((name) => {
    const near = suggest(name, known)
    return {
      rule: 'authenticate/unknown-audience',
      at: below(at, 'audience'),
      message: `no issuer of this route has the audience \`${name}\``,
      hint: near && `did you mean \`${near}\`?`,
    }
  })
}
