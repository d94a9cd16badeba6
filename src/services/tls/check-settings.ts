/** Finds what is wrong with `settings.tls` beyond its schema; what is filled in at opening is judged then. */

import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { createSecureContext } from 'node:tls'
import type { Fault } from '../../core/diagnostic.ts'
import { hasReference } from '../../core/expression.ts'
import { isKeyOf, readChain, validityOf, weaknessOf } from './certificate.ts'
import { clientOptionsOf, secureOptionsOf } from './secure-options.ts'
import type { KeyPair, WrittenTls } from './settings.ts'
import type { tlsSettingsRules } from './settings-rules.ts'

/** No message quotes a key. `now` is in milliseconds since the Unix epoch. */
export function checkTlsSettings(tls: WrittenTls | undefined, now = Date.now()): readonly Fault[] {
  if (tls === undefined || hasReference(tls)) return []
  const named = tls.sni === undefined || hasReference(tls.sni) ? [] : Object.entries(tls.sni)
  return [
    ...checkPair(tls, [], now),
    ...checkClient(tls),
    ...named.flatMap(([name, pair]) => [
      ...checkName(name),
      ...(hasReference(pair) ? [] : checkPair(pair, ['sni', name], now)),
    ]),
  ]
}

const tlsFault = (rule: keyof typeof tlsSettingsRules, path: Fault['path'], message: string): Fault => ({
  rule,
  path: ['tls', ...path],
  message,
})

const serverName = /^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i

/** Addresses are never asked for (RFC 6066 §3). */
function checkName(name: string): readonly Fault[] {
  if (serverName.test(name) && name.length <= 253 && isIP(name) === 0) return []
  return [{ ...tlsFault('settings/tls-name', ['sni', name], `expected a host name, got \`${name}\``), onKey: true }]
}

function checkClient({ clientCa, clientCert, crl }: WrittenTls): readonly Fault[] {
  if (clientCa === undefined) {
    const idle = Object.entries({ clientCert, crl }).filter(([, value]) => value !== undefined)
    return idle.map(([name]) => ({
      ...tlsFault('settings/tls-client', [name], `\`${name}\` is of no use without \`clientCa\``),
      onKey: true,
    }))
  }
  if (!hasReference(clientCa) && readChain(clientCa).length === 0)
    return [tlsFault('settings/tls-client', ['clientCa'], 'expected certificates in PEM')]
  if (crl === undefined || hasReference(crl) || isList(crl)) return []
  return [tlsFault('settings/tls-client', ['crl'], 'expected revocation lists in PEM')]
}

function isList(crl: string): boolean {
  try {
    return createSecureContext(clientOptionsOf({ ca: '', crl })) !== undefined
  } catch {
    return false
  }
}

function checkPair({ cert, key }: KeyPair, at: Fault['path'], now: number): readonly Fault[] {
  if (hasReference(cert)) return []
  const chain = readChain(cert)
  const [own] = chain
  if (own === undefined) return [tlsFault('settings/tls-certificate', [...at, 'cert'], 'expected certificates in PEM')]
  const weakness = weaknessOf(chain)
  return [
    ...checkValidity(own, [...at, 'cert'], now),
    ...(weakness === undefined ? [] : [tlsFault('settings/tls-weak', [...at, 'cert'], weakness)]),
    ...(hasReference(key) ? [] : checkKey({ cert, key }, own, [...at, 'key'])),
  ]
}

/** What OpenSSL alone knows of is said in its own words; of a weak one enough is said. */
function checkKey(pair: KeyPair, own: X509Certificate, at: Fault['path']): readonly Fault[] {
  if (!isKeyOf(pair.key, own)) return [tlsFault('settings/tls-certificate', at, 'expected the PEM key of `cert`')]
  try {
    createSecureContext(secureOptionsOf({ minVersion: 'TLSv1.2', client: undefined }, pair))
    return []
  } catch (error) {
    if (weaknessOf(readChain(pair.cert)) !== undefined) return []
    const { reason = 'it cannot be used' } = error as { readonly reason?: string }
    return [tlsFault('settings/tls-certificate', at, `OpenSSL refuses the certificate: ${reason}`)]
  }
}

const dateOf = (date: Date): string => date.toISOString().slice(0, 10)

function checkValidity(own: X509Certificate, at: Fault['path'], now: number): readonly Fault[] {
  const validity = validityOf(own, now)
  const [from, to] = [own.validFromDate, own.validToDate].map(dateOf)
  if (validity === 'early') return [tlsFault('settings/tls-validity', at, `it is not valid before ${from}`)]
  return validity === 'expired' ? [tlsFault('settings/tls-validity', at, `it expired on ${to}`)] : []
}
