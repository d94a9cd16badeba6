/** Finds what is wrong with the certificates of a connection to another server. */

import type { Fault } from '../../core/diagnostic.ts'
import { hasReference } from '../../core/expression.ts'
import { isKeyOf, readChain } from './certificate.ts'
import type { OutgoingTls } from './outgoing.ts'

interface Place {
  /** Leads to the block that has them. */
  readonly path: Fault['path']
  /** The scheme of its url where that is without TLS. */
  readonly plain?: string | undefined
  readonly rules: { readonly unused: string; readonly certificate: string }
}

/** A text that is filled in at opening is judged then. */
export function checkOutgoing(tls: OutgoingTls, { path, plain, rules }: Place): readonly Fault[] {
  const fault = judgePems(tls)
  return [
    ...(plain === undefined ? [] : idleMembers(tls)).map((name) => ({
      rule: rules.unused,
      path: [...path, name],
      onKey: true,
      message: `\`${name}\` is of no use with \`${plain}\``,
    })),
    ...(fault === undefined ? [] : [{ rule: rules.certificate, path: [...path, fault.name], message: fault.message }]),
  ]
}

const idleMembers = (tls: OutgoingTls) =>
  (['ca', 'cert', 'key', 'serverName'] as const).filter((name) => tls[name] !== undefined)

interface PemFault {
  readonly name: 'ca' | 'cert' | 'key'
  readonly message: string
}

/** The first thing wrong with them. node:tls takes a `ca` that holds no certificate without a word. */
function judgePems({ ca, cert, key }: OutgoingTls): PemFault | undefined {
  if (cert !== undefined && key === undefined) return { name: 'cert', message: '`cert` needs its `key`' }
  if (key !== undefined && cert === undefined) return { name: 'key', message: '`key` needs its `cert`' }
  if (isKnown(ca) && readChain(ca).length === 0) return { name: 'ca', message: 'expected certificates in PEM' }
  if (!isKnown(cert) || !isKnown(key)) return undefined
  const [own] = readChain(cert)
  if (own === undefined) return { name: 'cert', message: 'expected a certificate in PEM' }
  return isKeyOf(key, own) ? undefined : { name: 'key', message: 'expected the PEM key of `cert`' }
}

const isKnown = (text: string | undefined): text is string => text !== undefined && !hasReference(text)
