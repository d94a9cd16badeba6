/** Certificates in PEM, and whether a private key is theirs. */

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { hasReference } from '../../core/expression.ts'

/** node:tls takes a `ca` that holds no certificate without a word. */
function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    return false
  }
}

function isPair(cert: string, key: string): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))
  } catch {
    return false
  }
}

/** What a client shows of itself, and whom it trusts, in TLS. */
export interface ClientPems {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

interface PemFault {
  readonly name: keyof ClientPems
  readonly message: string
}

/** The first thing wrong with them; a text that is filled in at opening is judged then. */
export function judgePems({ ca, cert, key }: ClientPems): PemFault | undefined {
  if (cert !== undefined && key === undefined) return { name: 'cert', message: '`cert` needs its `key`' }
  if (key !== undefined && cert === undefined) return { name: 'key', message: '`key` needs its `cert`' }
  if (isKnown(ca) && !isCertificate(ca)) return { name: 'ca', message: 'expected certificates in PEM' }
  if (!isKnown(cert) || !isKnown(key)) return undefined
  if (!isCertificate(cert)) return { name: 'cert', message: 'expected a certificate in PEM' }
  return isPair(cert, key) ? undefined : { name: 'key', message: 'expected the PEM key of `cert`' }
}

const isKnown = (text: string | undefined): text is string => text !== undefined && !hasReference(text)
