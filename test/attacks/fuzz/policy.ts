/** The part of the policy language that is fuzzed, as data: what a generator makes, the compiler reads and the model judges. */

/** Stands in policies for the destination, which listens elsewhere in every run. */
export const anyDestination = 'http://127.0.0.1:1'

export type Json = Readonly<Record<string, unknown>>

export interface JwtMethod {
  readonly jwt: {
    readonly issuers: readonly string[]
    readonly audience?: string
    readonly acr?: string
    readonly maxAge?: string
  }
}
export type Method = 'public' | 'apiKey' | 'session' | JwtMethod

export interface Limit {
  readonly by: string | readonly string[]
  readonly name: string
  readonly limit: number | { readonly on: string; readonly is: Readonly<Record<string, number>>; readonly else: number }
  readonly per: string
  readonly burst?: number
  readonly algorithm?: 'token-bucket' | 'sliding-window'
}

export interface Input {
  readonly params?: Readonly<Record<string, Json>>
  readonly query?: 'any' | Readonly<Record<string, Json>>
  readonly headers?: Readonly<Record<string, Json>>
  readonly cookies?: Readonly<Record<string, Json>>
  readonly body?: 'any' | Json
  readonly bodyRequired?: boolean
  readonly maxBytes?: string
}

export interface Authorize {
  readonly action: string
  readonly subject: string
  readonly resource: Readonly<Record<string, string | number | boolean>>
  readonly field?: string
  readonly roles?: string
  readonly hide?: boolean
}

export interface Cors {
  readonly origins: readonly string[]
  readonly credentials?: boolean
  readonly headers?: readonly string[]
}

/** What can be inherited. */
export interface Blocks {
  readonly headers?: 'api' | 'web' | { readonly use: 'api' | 'web'; readonly set: Readonly<Record<string, string>> }
  readonly cors?: Cors | 'off'
  readonly network?: readonly string[] | 'off'
  readonly authenticate?: Method | readonly Method[]
  readonly csrf?: 'off' | { readonly origins?: readonly string[] }
  readonly rateLimit?: readonly (Limit | 'inherit')[] | 'off'
  readonly scopes?: readonly string[] | { readonly any: readonly string[] } | 'off'
  readonly input?: Input
  readonly authorize?: Authorize | 'off'
  readonly concurrency?: { readonly max: number } | 'off'
  readonly timeout?: string
  readonly audit?: 'off'
}

export interface Route extends Blocks {
  readonly use?: string
  readonly because: string
  readonly cost?: number
  readonly reportOnly?: readonly string[]
  readonly upstream?:
    | string
    | { readonly url: string; readonly prefix?: string; readonly headers?: Readonly<Record<string, string>> }
  readonly reply?: { readonly status: number; readonly body: string }
}

export interface File {
  readonly service: string
  readonly host?: string | readonly string[]
  readonly prefix?: string
  readonly upstream: string
  readonly defaults?: Blocks & { readonly use?: string }
  readonly routes: Readonly<Record<string, Route>>
}

export interface Rule {
  readonly can?: string | readonly string[]
  readonly cannot?: string | readonly string[]
  readonly subject: string
  readonly fields?: readonly string[]
  readonly when?: Json
  readonly because: string
}

export interface Policy {
  readonly settings: { readonly trustedProxies?: readonly string[] }
  readonly roles: Readonly<Record<string, readonly Rule[]>>
  readonly schemas: Readonly<Record<string, Json>>
  readonly profiles: Readonly<Record<string, Blocks>>
  readonly files: readonly File[]
}
