/** How TLS is spoken to clients (RFC 9325): versions, cipher suites, and whose order holds. */

import { constants } from 'node:crypto'
import type { SecureContextOptions } from 'node:tls'
import type { ClientAuthority, KeyPair, TlsSettings } from './settings.ts'

/** Forward secret and authenticated, all of them (RFC 9325 §4.2). */
const ciphers = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':')

/** A client that puts ChaCha20 first has no hardware for AES. Nobody needs a new handshake on an old connection. */
const secureOptions = constants.SSL_OP_PRIORITIZE_CHACHA | constants.SSL_OP_NO_RENEGOTIATION

/** For one of the certificates; all else is the same for each, whom it trusts included. */
export const secureOptionsOf = (
  { minVersion, client }: Pick<TlsSettings, 'minVersion' | 'client'>,
  { cert, key }: KeyPair,
): SecureContextOptions => ({
  cert,
  key,
  minVersion,
  ciphers,
  secureOptions,
  honorCipherOrder: true,
  ...(client && clientOptionsOf(client)),
})

const list = /-----BEGIN X509 CRL-----[^-]+-----END X509 CRL-----/g

/** An authority that is no root counts by itself. Node takes one list of a text. */
export const clientOptionsOf = ({ ca, crl }: Pick<ClientAuthority, 'ca' | 'crl'>): SecureContextOptions => ({
  ca,
  allowPartialTrustChain: true,
  ...(crl !== undefined && { crl: crl.match(list) ?? [crl] }),
})
