/** TLS to other servers: who vouches for them, and what is shown to those that ask. Verified always, 1.2 at least. */

import { isIP } from 'node:net'
import { type ConnectionOptions, checkServerIdentity } from 'node:tls'
import { string } from '../../schema/builder.ts'

/** PEM, all but the name. */
export interface OutgoingTls {
  /** Stands in for the authorities that Node knows. */
  readonly ca?: string | undefined
  /** By which this server is known there. */
  readonly cert?: string | undefined
  readonly key?: string | undefined
  /** In the server's certificate, where it is not the host that is called. */
  readonly serverName?: string | undefined
}

type OutgoingOptions = Pick<
  ConnectionOptions,
  'minVersion' | 'rejectUnauthorized' | 'ca' | 'cert' | 'key' | 'servername' | 'checkServerIdentity'
>

/** The members that a block has for it. */
export const outgoingTls = {
  'ca?': string({
    minLength: 1,
    description: 'The authority of its certificate, in PEM; those that Node knows unless told.',
    examples: ['${file:/etc/tls/ca.crt}'],
  }),
  'cert?': string({
    minLength: 1,
    description: 'The certificate to show to a server that asks for one, in PEM.',
    examples: ['${file:/etc/tls/gate.crt}'],
  }),
  'key?': string({
    minLength: 1,
    description: 'The key of `cert`, in PEM.',
    examples: ['${file:/etc/tls/gate.key}'],
  }),
  'serverName?': string({
    minLength: 1,
    description: 'The name in its certificate; the host that is called unless told.',
  }),
}

/**
 * `host` is for a library that says no name to the server (RFC 6066 §3) unless it is told one. The name is checked here,
 * whatever the library fills in; that NODE_TLS_REJECT_UNAUTHORIZED is set changes nothing.
 */
export function outgoingOptions({ ca, cert, key, serverName }: OutgoingTls, host?: string): OutgoingOptions {
  const name = serverName ?? host
  return {
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(name !== undefined && isIP(name) === 0 && { servername: name }),
    ...(serverName !== undefined && {
      checkServerIdentity: (_host: string, certificate) => checkServerIdentity(serverName, certificate),
    }),
  }
}
