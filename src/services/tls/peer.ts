/** The certificate that a client has shown of itself, where it was asked for one. */

import type { X509Certificate } from 'node:crypto'
import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'

export interface Peer {
  readonly certificate: X509Certificate
  /** SHA-256 of it in base64url (RFC 8705 §3.1). */
  readonly thumbprint: string
  /** When it holds, in milliseconds since the Unix epoch. */
  readonly from: number
  readonly to: number
  /** Why none of the authorities stands for it, or stands for it any more; none where one does. */
  readonly fault: string | undefined
}

const peers = new WeakMap<Socket, Peer | null>()

/** None where the connection is plain, or nothing was shown. */
export function readPeerCertificate(socket: Socket): Peer | undefined {
  const known = peers.get(socket)
  if (known !== undefined) return known ?? undefined
  const peer = 'encrypted' in socket ? describe(socket as TLSSocket) : undefined
  peers.set(socket, peer ?? null)
  return peer
}

/** A session that is resumed counts as `authorized` in TLS 1.3 even where no certificate was ever shown. */
function describe(socket: TLSSocket): Peer | undefined {
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return undefined
  const { validFromDate, validToDate, raw } = certificate
  return Object.freeze({
    certificate,
    thumbprint: createHash('sha256').update(raw).digest('base64url'),
    from: validFromDate.getTime(),
    to: validToDate.getTime(),
    fault: socket.authorized ? undefined : String(socket.authorizationError ?? 'it was not verified'),
  })
}
