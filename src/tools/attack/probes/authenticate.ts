/** Who may not call: without a credential, or with a bad one. */

import type { Code } from '../../../core/denial.ts'
import { asks, type Method } from '../../../guards/authenticate/method.ts'
import { methodsOfRoute } from '../../../policy/who.ts'
import { nameOf } from '../caller.ts'
import type { Forge } from '../forge.ts'
import type { Field, Probe } from '../probe.ts'
import type { Target } from '../target.ts'

const unauthenticated: readonly Code[] = ['token_missing', 'credential_missing']

export function probeAuthentication(target: Target, forge: Forge): readonly Probe[] {
  const methods = methodsOfRoute(target.route)
  const asked = methods.filter(asks)
  if (asked.length === 0) return []
  const isOptional = asked.length < methods.length
  return [
    ...(isOptional ? [] : [withoutCredential(target), inTheQuery(target)]),
    ...asked.flatMap((method) =>
      method.kind === 'jwt' ? withBadTokens(target, forge) : withBadCredential(target, method),
    ),
  ]
}

const withoutCredential = (target: Target): Probe =>
  target.probe('authenticate', 'no credential', target.request({ credential: [] }), {
    kind: 'refused',
    codes: unauthenticated,
  })

/** RFC 6750 §2.3: a token in the address ends up in every log. Where queries are closed, it is refused for that. */
function inTheQuery(target: Target): Probe {
  const request = target.request({ credential: [] })
  const joint = request.target.includes('?') ? '&' : '?'
  return target.probe(
    'authenticate',
    'a token in the query',
    { ...request, target: `${request.target}${joint}access_token=a.b.c` },
    { kind: 'refused', codes: unauthenticated },
  )
}

/** The code is that of the first way, which knows the credential for bad, or of none that came. */
const refused: readonly Code[] = [
  'token_invalid',
  'token_expired',
  'token_missing',
  'credential_missing',
  'credential_invalid',
]

function withBadTokens(target: Target, forge: Forge): readonly Probe[] {
  const { caller, wishes } = target
  const issuer = caller?.issuer
  const bad =
    issuer === undefined ? [{ title: 'a token of no shape', token: 'portcullis.attack' }] : forge.bad(issuer, wishes)
  const probes = bad.map(({ title, token }) =>
    target.probe('authenticate', title, target.request({ credential: [['Authorization', `Bearer ${token}`]] }), {
      kind: 'refused',
      codes: refused,
    }),
  )
  const basic = target.request({ credential: [], headers: [['Authorization', 'Basic YWRtaW46YWRtaW4=']] })
  const twice = target.request({ headers: [['Authorization', 'Bearer a.b.c']] })
  return [
    ...probes,
    target.probe('authenticate', 'a password in place of a token', basic, { kind: 'refused', codes: refused }),
    ...(issuer === undefined
      ? []
      : [
          target.probe('authenticate', 'two tokens', twice, {
            kind: 'refused',
            codes: [...refused, 'request_malformed'],
          }),
        ]),
  ]
}

function withBadCredential(
  target: Target,
  method: Exclude<Method, { readonly kind: 'public' | 'jwt' }>,
): readonly Probe[] {
  const name = nameOf(method)
  const credential: readonly Field[] =
    method.kind === 'session' ? [['Cookie', `${name}=portcullis-attack`]] : [[name, 'portcullis-attack']]
  const request = target.request({ credential })
  return [target.probe('authenticate', `a bad credential in \`${name}\``, request, { kind: 'refused', codes: refused })]
}
