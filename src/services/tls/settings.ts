/** `settings.tls`: what the server shows of itself, so that clients speak to it encrypted. */

import { type Infer, object, record, string, word } from '../../schema/builder.ts'

const pair = {
  cert: string({
    minLength: 1,
    description: 'The certificate in PEM, and after it those between it and its authority.',
    examples: ['${file:/etc/tls/tls.crt}'],
  }),
  key: string({ minLength: 1, description: 'Its key in PEM.', examples: ['${secret:tls-key}'] }),
}

export const tlsSettingsSchema = object(
  {
    ...pair,
    'minVersion?': word(['TLSv1.2', 'TLSv1.3'], {
      description: 'The oldest version that is spoken; `TLSv1.2` unless told.',
    }),
    'sni?': record(object(pair), {
      description:
        'Other certificates, by the name that a client asks for: `api.shop.example`, or `*.shop.example` for one label.',
      examples: [{ 'api.shop.example': { cert: '${file:/etc/tls/api.crt}', key: '${file:/etc/tls/api.key}' } }],
    }),
    'clientCa?': string({
      minLength: 1,
      description:
        'The authorities of client certificates in PEM: with them, clients are asked for one; nobody is unless told.',
      examples: ['${file:/etc/tls/clients.crt}'],
    }),
    'clientCert?': word(['required', 'optional'], {
      description:
        'Whether a client without a good certificate gets no connection, or one on which `mtls` refuses it; `required` unless told.',
    }),
    'crl?': string({
      minLength: 1,
      description: 'What those authorities have revoked: a list of each of them in PEM.',
      examples: ['${file:/etc/tls/clients.crl}'],
    }),
  },
  { description: 'Has the server speak TLS, and nothing else, on `listen.port`; plain HTTP unless told.' },
)

export type WrittenTls = Infer<typeof tlsSettingsSchema>

/** PEM, both. */
export interface KeyPair {
  readonly cert: string
  readonly key: string
}

/** Which client certificates count. */
export interface ClientAuthority {
  /** PEM, one or several. */
  readonly ca: string
  readonly crl: string | undefined
  /** Whether there is no connection without one. */
  readonly isRequired: boolean
}

/** With every default filled in. */
export interface TlsSettings extends KeyPair {
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
  /** By name in lower case. */
  readonly sni: Readonly<Record<string, KeyPair>>
  /** None where clients are not asked for a certificate. */
  readonly client: ClientAuthority | undefined
}

/** Fills in the defaults. */
export function readTlsSettings(written: WrittenTls | undefined): TlsSettings | undefined {
  if (written === undefined) return undefined
  const { cert, key, minVersion = 'TLSv1.2', sni = {}, clientCa: ca, clientCert = 'required', crl } = written
  const named = Object.entries(sni).map(([name, named]) => [name.toLowerCase(), named] as const)
  const client = ca === undefined ? undefined : { ca, crl, isRequired: clientCert === 'required' }
  return { cert, key, minVersion, sni: Object.fromEntries(named), client }
}
