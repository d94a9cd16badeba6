/** A route that asks for a client certificate, before a listener that asks nobody for one. */

import { hasReference } from '../../core/expression.ts'
import { isNext } from '../../handlers/next.ts'
import type { Finding } from '../findings.ts'
import type { Policy, Route } from '../policy.ts'
import { below } from '../source.ts'
import { certificateMethodsOf, tokenMethodsOf } from '../who.ts'
import { defineRule } from './rule.ts'

export const clientCertificates = defineRule({
  rules: {
    'authenticate/no-client-authority': {
      severity: 'error',
      cause:
        'Clients show a certificate only where the server asks for one, which it does with `settings.tls.clientCa`.',
      hint: 'write `settings: { tls: { clientCa: ${file:/etc/tls/clients.crt} } }`',
    },
  },
  check({ settings: [settings], whole, routes }) {
    if (settings === undefined ? !whole : asksClients(settings.value.tls)) return []
    return routes.some(isMounted) ? [] : routes.flatMap(checkRoute)
  },
})

/** The listener of an app around the gate is nobody's business here. */
const isMounted = ({ destinations }: Route): boolean =>
  destinations.some(({ handler, value }) => handler.name === 'handler' && isNext(value))

const asksClients = (tls: Policy['settings'][number]['value']['tls']): boolean =>
  hasReference(tls) || tls?.clientCa !== undefined

function checkRoute(route: Route): readonly Finding[] {
  const block = route.blocks.get('authenticate')
  if (block === undefined) return []
  const bound = tokenMethodsOf(route).filter(({ options }) => options.bind !== undefined)
  const places = [...certificateMethodsOf(route).map(({ path }) => path), ...bound.map(({ path }) => [...path, 'bind'])]
  const message = 'no client is asked for a certificate'
  return places.map((path) => ({
    rule: 'authenticate/no-client-authority',
    at: below(block.at, ...path),
    onKey: true,
    message,
  }))
}
