/** The one shape of a way to authenticate: what a policy writes of it, and how a request is judged by it. */

import type { Code, Denial } from '../../core/denial.ts'
import type { Fault } from '../../core/diagnostic.ts'
import type { Exchange } from '../../core/exchange.ts'
import type { Principal } from '../../core/principal.ts'
import type { Site } from '../../core/site.ts'
import type { Schema } from '../../schema/builder.ts'
import type { OperationPart, Way } from '../../services/openapi.ts'
import type { Services } from '../../services/services.ts'

/** A credential that was found good. */
export interface Admitted {
  readonly principal: Principal
  /** The id of the API key. */
  readonly apiKey?: string
}

/** One way to authenticate, ready for requests. */
export interface Authenticator {
  /** What a caller without a credential is told in `WWW-Authenticate` (RFC 9110 §11.6.1). */
  readonly challenge: string
  /** The request headers (lower case) that carry it; they do not go upstream. */
  readonly credentials: readonly string[]
  /** The names of the cookies that carry it; nor do these. */
  readonly cookies?: readonly string[]
  /** What it is about the credential; nothing where the request shows none of this kind. */
  judge(exchange: Exchange): Admitted | Denial | undefined | Promise<Admitted | Denial>
}

export interface Kind<O> {
  readonly schema: Schema<O>
  /** The refusal of a request that shows no credential. */
  readonly missing: Extract<Code, 'token_missing' | 'credential_missing'>
  /** The refusals of a bad one. */
  readonly refuses: readonly Code[]
  /** Findings beyond the schema, their paths inside the options. */
  check?(options: O, site: Site): readonly Fault[]
  compile(options: O, site: Site, services: Services): Authenticator | Promise<Authenticator>
  /** What the API's own documents say of it. */
  describe(options: O): Way
  /** What these options ask for beyond a good credential. */
  demands?(options: O): Pick<OperationPart, 'refusals' | 'notes'> | undefined
}

/** Keeps the type of the options from schema to `compile`. */
export const defineKind = <O>(kind: Kind<O>): Kind<O> => kind
