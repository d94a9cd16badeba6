/** Credentials beside what other blocks say: logins that no token tells of, keys that would be on record, names that are taken. */

import { pathsIn } from '../../core/paths-in.ts'
import { signatureIssuer } from '../../guards/authenticate/signature/signature.ts'
import { isIdentityIssuer } from '../../services/identity/identity-issuer.ts'
import { issuerClaim } from '../../services/keys/issuer.ts'
import type { Finding } from '../findings.ts'
import type { Policy, Route } from '../policy.ts'
import { below } from '../source.ts'
import { methodsOfRoute, tokenMethodsOf } from '../who.ts'
import { defineRule } from './rule.ts'

export const credentials = defineRule({
  rules: {
    'authenticate/unmet-acr': {
      severity: 'warning',
      cause: 'Accounts of this server log in with a password alone, and their tokens have no `acr`.',
      hint: 'ask for `maxAge` of them, or accept an issuer whose tokens carry `acr`',
    },
    'issuers/reserved-issuer': {
      severity: 'error',
      cause: 'Senders that are known by a `signature` have this issuer, and a token of it would pass for one of them.',
      hint: 'give it an `issuer` of its own',
    },
  },
  check: (policy) => [
    ...policy.issuers
      .filter(({ name, value }) => issuerClaim(name, value) === signatureIssuer)
      .map(({ at, name }) => ({
        rule: 'issuers/reserved-issuer',
        at,
        onKey: true,
        message: `the issuer of \`${name}\` is \`${signatureIssuer}\`, which is taken`,
      })),
    ...policy.routes.flatMap((route) => [...checkAcr(route, policy), ...checkRecord(route)]),
  ],
})

function checkAcr(route: Route, { issuers }: Policy): readonly Finding[] {
  const block = route.blocks.get('authenticate')
  const own = issuers.filter(isIdentityIssuer).map(({ name }) => name)
  if (block === undefined || own.length === 0) return []
  return tokenMethodsOf(route).flatMap(({ options, path }): readonly Finding[] => {
    const unmet = (options.issuers ?? issuers.map(({ name }) => name)).find((name) => own.includes(name))
    if (options.acr === undefined || unmet === undefined) return []
    const message = `no token of \`${unmet}\` has an \`acr\``
    return [{ rule: 'authenticate/unmet-acr', at: below(block.at, ...path, 'acr'), onKey: true, message }]
  })
}

/** The guard itself knows the headers that carry credentials everywhere; here are those of this route. */
function checkRecord(route: Route): readonly Finding[] {
  const audit = route.blocks.get('audit')
  const headers = methodsOfRoute(route).flatMap(headersOf)
  if (audit === undefined || headers.length === 0) return []
  const { resource, details = {} } = audit.value as { readonly resource?: unknown; readonly details?: object }
  const written = [
    [['resource'], resource] as const,
    ...Object.entries(details).map(([name, value]) => [['details', name], value] as const),
  ]
  return written.flatMap(([path, value]) =>
    pathsIn(value).some(({ root, names: [name = ''] }) => root === 'headers' && headers.includes(name))
      ? [{ rule: 'audit/credential-detail', at: below(audit.at, ...path), message: `\`${value}\` reads a credential` }]
      : [],
  )
}

function headersOf(method: ReturnType<typeof methodsOfRoute>[number]): readonly string[] {
  if (method.kind !== 'apiKey' && method.kind !== 'signature') return []
  return method.options.header === undefined ? [] : [method.options.header.toLowerCase()]
}
