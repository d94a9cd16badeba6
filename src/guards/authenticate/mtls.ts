/** `mtls`: the certificate that a client has shown when it connected. */

import { type Denial, deny } from '../../core/denial.ts'
import type { Principal } from '../../core/principal.ts'
import { array, type Infer, object, string, word } from '../../schema/builder.ts'
import { type NameKind, nameKinds, namesOf } from '../../services/tls/certificate-names.ts'
import { type Peer, readPeerCertificate } from '../../services/tls/peer.ts'
import { type Admitted, defineKind } from './kind.ts'

/** The issuer of all callers that are known by a certificate. */
const mtlsIssuer = 'urn:portcullis:mtls'

const name = string({ minLength: 1 })
/** As RFC 6749 §3.3 has scopes; roles stand beside them. */
const grant = string({ pattern: '^[\\x21\\x23-\\x5B\\x5D-\\x7E]+$', title: 'a word without spaces' })

const schema = object(
  {
    'id?': word(nameKinds, {
      description:
        'What of the certificate is the id of its caller: the common name of its subject, or an alternative name; `cn` unless told.',
    }),
    'allow?': array(name, {
      minItems: 1,
      uniqueItems: true,
      description: 'Whose certificates count, by that id; those of everyone unless told.',
      examples: [['billing.internal']],
    }),
    'scopes?': array(grant, { uniqueItems: true, description: 'What these callers have; nothing unless told.' }),
    'roles?': array(grant, { uniqueItems: true, description: 'What these callers are; nothing unless told.' }),
  },
  { description: 'Asks for a client certificate of the authorities of `settings.tls.clientCa`.' },
)

export type MtlsOptions = Infer<typeof schema>

const challenge = 'Mtls'

const refuse = (cause: string): Denial =>
  deny('credential_invalid', { headers: ['WWW-Authenticate', challenge], cause })

const outOfTime = refuse('the client certificate has expired since, or is not valid yet')

export const mtls = defineKind<MtlsOptions>({
  schema,
  missing: 'credential_missing',
  refuses: ['credential_missing', 'credential_invalid'],
  compile(options, _site, { clock }) {
    const judged = new WeakMap<Peer, Admitted | Denial>()
    return {
      challenge,
      credentials: [],
      judge({ ctx }) {
        const peer = readPeerCertificate(ctx.req.socket)
        if (peer === undefined) return undefined
        const now = clock.now()
        if (now < peer.from || now > peer.to) return outOfTime
        const verdict = judged.get(peer) ?? judge(peer, options)
        judged.set(peer, verdict)
        return verdict
      },
    }
  },
  describe: () => ({ kind: 'mtls', description: 'A client certificate.' }),
})

/** Asked once a connection. */
function judge(peer: Peer, options: MtlsOptions): Admitted | Denial {
  if (peer.fault !== undefined) return refuse(`the client certificate is not good: ${peer.fault}`)
  const { id: kind = 'cn', allow } = options
  const names = namesOf(peer.certificate, kind)
  const [id, ...others] = allow === undefined ? names : names.filter((known) => allow.includes(known))
  if (names.length === 0) return refuse(`the client certificate has no name of the kind \`${kind}\``)
  if (id === undefined) return refuse('the name in the client certificate is none of those that `allow` lists')
  if (others.length > 0) return refuse(`the client certificate has several names of the kind \`${kind}\``)
  return { principal: principalOf(id, kind, { peer, options }) }
}

function principalOf(
  id: string,
  kind: NameKind,
  { peer, options: { scopes = [], roles = [] } }: { readonly peer: Peer; readonly options: MtlsOptions },
): Principal {
  const { serialNumber } = peer.certificate
  return Object.freeze({
    id,
    issuer: mtlsIssuer,
    scopes: Object.freeze([...scopes]),
    roles: Object.freeze([...roles]),
    claims: Object.freeze({ [kind]: id, serialNumber, thumbprint: peer.thumbprint }),
  })
}
