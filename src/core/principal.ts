/** Who is calling: issuer and id together, everywhere. */
export interface Principal {
  readonly id: string
  readonly issuer: string
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
  readonly claims: Readonly<Record<string, unknown>>
}

/** The caller without a credential, where `public` allows it. */
export const anonymous: Principal = Object.freeze({
  id: '',
  issuer: '',
  scopes: Object.freeze([]),
  roles: Object.freeze(['anonymous']),
  claims: Object.freeze({}),
})
