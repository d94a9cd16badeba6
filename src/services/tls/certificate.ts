/** Certificates of a server in PEM: what is wrong with one before a client finds out. */

import { createPrivateKey, X509Certificate } from 'node:crypto'

const block = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]+-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g

/** All certificates of a text, the server's own first; none where one of them cannot be read. */
export function readChain(pem: string): readonly X509Certificate[] {
  try {
    return (pem.match(block) ?? []).map((text) => new X509Certificate(text))
  } catch {
    return []
  }
}

/** Whether it is the key of this certificate. */
export function isKeyOf(key: string, certificate: X509Certificate): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(key))
  } catch {
    return false
  }
}

const day = 86_400_000
/** So long before the end its renewal is late, in milliseconds; those that live shorter are renewed later. */
const usualMargin = 30 * day

type Validity = 'early' | 'good' | 'soon' | 'expired'

/** Where in its time a certificate is. */
export function validityOf({ validFromDate, validToDate }: X509Certificate, now: number): Validity {
  const [from, to] = [validFromDate.getTime(), validToDate.getTime()]
  if (now < from) return 'early'
  if (now > to) return 'expired'
  return to - now < Math.min(usualMargin, (to - from) / 3) ? 'soon' : 'good'
}

const shortestRsa = 2048

/** What makes a chain easy to forge, in a sentence; the signature of a root is looked at by nobody. */
export function weaknessOf(chain: readonly X509Certificate[]): string | undefined {
  for (const [index, certificate] of chain.entries()) {
    const weakness = weakKey(certificate) ?? (index > 0 && isRoot(certificate) ? undefined : weakSignature(certificate))
    if (weakness !== undefined) return index === 0 ? weakness : `${weakness}, in certificate ${index + 1} of the chain`
  }
  return undefined
}

const isRoot = (certificate: X509Certificate): boolean => certificate.checkIssued(certificate)

function weakKey({ publicKey }: X509Certificate): string | undefined {
  const { asymmetricKeyType: type = '', asymmetricKeyDetails: { modulusLength = 0 } = {} } = publicKey
  if (type.startsWith('rsa') && modulusLength < shortestRsa)
    return `expected an RSA key of at least ${shortestRsa} bits, got ${modulusLength}`
  return type.startsWith('dsa') ? 'expected an RSA, EC or Ed25519 key, got DSA' : undefined
}

const weakSignature = ({ signatureAlgorithm = '' }: X509Certificate): string | undefined =>
  /sha-?1(?!\d)|md\d/i.test(signatureAlgorithm)
    ? `expected a signature by SHA-256 or better, got \`${signatureAlgorithm}\``
    : undefined
