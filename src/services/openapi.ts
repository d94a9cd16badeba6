/** What guards and destinations tell clients of themselves, and the OpenAPI document that is made of it. */

import type { Code } from '../core/denial.ts'
import type { JsonSchema } from '../schema/schema.ts'

/** An object schema whose members are the parameters of one place; `#` in them is that object. */
export type ParameterPlaces = Readonly<Partial<Record<'path' | 'query' | 'header' | 'cookie', JsonSchema>>>

/** What a header of answers means. */
export interface HeaderPart {
  readonly description: string
  readonly schema: JsonSchema
}

/** An answer by which a destination is known beforehand. */
export interface AnswerPart {
  readonly description: string
  /** Media type → an example, where there is one. */
  readonly content?: Readonly<Record<string, { readonly example?: unknown }>>
}

/** What the files of one field may be. */
export interface FilePart {
  readonly contentTypes?: readonly string[]
  readonly maxBytes?: string
  readonly maxItems?: number
  readonly required?: boolean
}

/** A bearer token, of every issuer unless some are named. */
export interface TokenWay {
  readonly kind: 'jwt'
  readonly issuers?: readonly string[] | undefined
}

/** What stands in a header or a cookie. */
export interface FieldWay {
  readonly kind: 'apiKey' | 'session' | 'signature'
  readonly in: 'header' | 'cookie'
  readonly name: string
  readonly description: string
}

/** What is shown before a request is sent. */
export interface CertificateWay {
  readonly kind: 'mtls'
  readonly description: string
}

/** One way to authenticate. */
export type Way = TokenWay | FieldWay | CertificateWay

/** What one guard, or the destination, says of an operation; the document puts the parts of a route together. */
export interface OperationPart {
  readonly parameters?: ParameterPlaces
  readonly body?: {
    readonly required: boolean
    /** Media types or ranges. */
    readonly types: readonly string[]
    /** Left out where any body passes. */
    readonly schema?: JsonSchema
    /** The files beside the texts of a `multipart/form-data` body, by field. */
    readonly files?: Readonly<Record<string, FilePart>>
  }
  /** The credentials of which one suffices; whether a caller may come without any. */
  readonly credentials?: { readonly ways: readonly Way[]; readonly isOptional: boolean }
  /** Sets of scopes, of which one suffices. */
  readonly scopes?: readonly (readonly string[])[]
  /** The refusals of just this block; all that the guard or handler knows unless told. */
  readonly refusals?: readonly Code[]
  /** Headers of the answers of the route. */
  readonly headers?: Readonly<Record<string, HeaderPart>>
  /** Status, or a range such as `2XX` → what it means. */
  readonly answers?: Readonly<Record<string, AnswerPart>>
  /** Sentences for people, in Markdown. */
  readonly notes?: readonly string[]
  readonly extensions?: Readonly<Record<`x-${string}`, unknown>>
}

/** The OpenAPI documents of the policies: of the routes that one host answers, each made when it is first asked for. */
export interface ApiDocuments {
  /** As JSON; `host` is lower case, without port. */
  text(host: string): string
  /** The path of the route that answers with it; none where the host has no such route. */
  path(host: string): string | undefined
}
