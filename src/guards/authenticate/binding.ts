/** `bind: mtls`: a token counts with the certificate that it was made for, and with no other (RFC 8705 §3). */

import type { Socket } from 'node:net'
import { Denial, deny } from '../../core/denial.ts'
import type { Verified } from '../../services/keys/verifier.ts'
import { readPeerCertificate } from '../../services/tls/peer.ts'

const headers = ['WWW-Authenticate', 'Bearer error="invalid_token"'] as const
const unbound = deny('token_invalid', {
  headers,
  cause: 'the token is bound to no certificate, and the route asks for it',
})
const otherHolder = deny('token_invalid', {
  headers,
  cause: 'the token is bound to a certificate that the client has not shown',
})

/** Whoever shows it holds its key, which is all that is asked: no authority has to stand for it. */
export function judgeBinding(verdict: Verified | Denial, socket: Socket): Verified | Denial {
  if (verdict instanceof Denial) return verdict
  const { cnf } = verdict.principal.claims
  const wanted = typeof cnf === 'object' && cnf !== null && 'x5t#S256' in cnf ? cnf['x5t#S256'] : undefined
  if (typeof wanted !== 'string') return unbound
  return readPeerCertificate(socket)?.thumbprint === wanted ? verdict : otherHolder
}
