/** Every route says who may call it, by issuers that exist. */

import { suggest } from '../../core/suggest.ts'
import type { Finding } from '../findings.ts'
import type { Policy, Route } from '../policy.ts'
import { methodsOf } from '../who.ts'
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
  },
  check: (policy) => policy.routes.flatMap((route) => checkRoute(route, policy)),
})

function checkRoute(route: Route, { issuers }: Policy): readonly Finding[] {
  if (route.broken.has('authenticate')) return []
  const block = route.blocks.get('authenticate')
  if (block === undefined) {
    return [
      {
        rule: 'authenticate/missing',
        at: route.at,
        onKey: true,
        message: `\`${route.key}\` does not say who may call it`,
      },
    ]
  }
  const known = [...new Set(issuers.map(({ name }) => name))]
  return methodsOf(block.value).flatMap(({ kind, issuers: named }): readonly Finding[] => {
    if (kind !== 'jwt') return []
    if (known.length === 0) return [{ rule: 'authenticate/no-issuer', at: block.at, message: 'no issuer is declared' }]
    if (named === undefined) return known.length === 1 ? [] : [ambiguous(block.at, known)]
    return named.filter((name) => !known.includes(name)).map((name) => unknown(name, block.at, known))
  })
}

const ambiguous = (at: Finding['at'], known: readonly string[]): Finding => ({
  rule: 'authenticate/ambiguous-issuer',
  at,
  message: `expected \`issuers\`: there are ${known.map((name) => `\`${name}\``).join(' and ')}`,
})

function unknown(name: string, at: Finding['at'], known: readonly string[]): Finding {
  const near = suggest(name, known)
  return {
    rule: 'authenticate/unknown-issuer',
    at,
    message: `no issuer is named \`${name}\``,
    hint: near && `did you mean \`${near}\`?`,
  }
}
