/** Which credentials an operation asks for: the security schemes and requirements of OpenAPI. */

import { audiences, type IssuerBlock, issuerClaim } from '../../services/keys/issuer.ts'
import type { CertificateWay, FieldWay, OperationPart, Way } from '../../services/openapi.ts'
import type { Named } from '../policy.ts'

/** One way in: scheme → the scopes that it takes. */
type Requirement = Readonly<Record<string, readonly string[]>>

type Credentials = NonNullable<OperationPart['credentials']>

export class Security {
  readonly #issuers: ReadonlyMap<string, Named<IssuerBlock>>
  readonly #keys: ReadonlyMap<string, string>
  readonly #used = new Set<string>()
  /** By where they stand. */
  readonly #fields = new Map<string, { readonly key: string; readonly way: FieldWay | CertificateWay }>()

  constructor(issuers: readonly Named<IssuerBlock>[]) {
    this.#issuers = new Map(issuers.map((issuer) => [issuer.name, issuer]))
    this.#keys = keysOf([...this.#issuers.keys()])
  }

  /** The ways in to an operation, of which one suffices; none where nobody is asked. */
  requirements({ ways, isOptional }: Credentials, scopes: OperationPart['scopes']): readonly Requirement[] {
    const asked = ways
      .flatMap((way) =>
        way.kind === 'jwt' ? this.#accepted(way).map((name) => this.#useIssuer(name)) : this.#useField(way),
      )
      .flatMap((key) => (scopes ?? [[]]).map((set) => ({ [key]: set })))
    // A caller without a credential has no scopes.
    return isOptional && scopes === undefined ? [...asked, {}] : asked
  }

  /** Whether keys have to be fetched before a token can be judged. */
  fetchesKeys({ ways }: Credentials): boolean {
    const accepted = ways.flatMap((way) => this.#accepted(way))
    return accepted.some((name) => this.#issuers.get(name)?.value.jwks !== undefined)
  }

  /** The schemes of the issuers that operations asked for. */
  schemes(): Readonly<Record<string, unknown>> {
    const used = [...this.#issuers.values()].filter(({ name }) => this.#used.has(name))
    return Object.fromEntries([
      ...used.map((issuer) => [this.#keys.get(issuer.name) ?? issuer.name, schemeOf(issuer)] as const),
      ...[...this.#fields.values()].map(({ key, way }) => [key, fieldScheme(way)] as const),
    ])
  }

  #accepted(way: Way): readonly string[] {
    return way.kind === 'jwt' ? (way.issuers ?? [...this.#issuers.keys()]) : []
  }

  #useIssuer(name: string): string {
    this.#used.add(name)
    return this.#keys.get(name) ?? name
  }

  #useField(way: FieldWay | CertificateWay): string {
    const place = way.kind === 'mtls' ? way.kind : `${way.kind} ${way.in} ${way.name.toLowerCase()}`
    const known = this.#fields.get(place)
    if (known !== undefined) return known.key
    const taken = [...this.#keys.values(), ...[...this.#fields.values()].map(({ key }) => key)]
    const key = freeName(way.kind, new Set(taken))
    this.#fields.set(place, { key, way })
    return key
  }
}

const fieldScheme = (way: FieldWay | CertificateWay) =>
  way.kind === 'mtls'
    ? { type: 'mutualTLS', description: way.description }
    : { type: 'apiKey', in: way.in, name: way.name, description: way.description }

/** What every token of an issuer shows anyway: whose it is, and for whom. */
function schemeOf({ name, value }: Named<IssuerBlock>) {
  const wanted = audiences(value).map((audience) => `\`${audience}\``)
  const description = `A token of \`${issuerClaim(name, value)}\` for ${wanted.join(' or ')}.`
  return { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description }
}

/** Names that OpenAPI takes as keys of components, each once. */
function keysOf(names: readonly string[]): ReadonlyMap<string, string> {
  const keys = new Map<string, string>()
  for (const name of names) {
    const key = name.replaceAll(/[^A-Za-z0-9._-]/g, '_')
    keys.set(name, freeName(key, new Set(keys.values())))
  }
  return keys
}

function freeName(wish: string, taken: ReadonlySet<string>): string {
  let free = wish
  for (let index = 2; taken.has(free); index++) free = `${wish}.${index}`
  return free
}
