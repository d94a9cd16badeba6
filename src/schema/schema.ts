/** The shapes of the schema engine: the JSON Schema vocabulary it knows, and what a check of a value returns. */

export type JsonType = 'string' | 'number' | 'integer' | 'boolean' | 'object' | 'array' | 'null'
export type Transform = 'trim' | 'lowercase' | 'uppercase' | 'nfc' | 'stripControls' | 'escapeHtml'
export type Format = 'email' | 'uri' | 'uuid' | 'date-time' | 'date' | 'time' | 'ipv4' | 'ipv6' | 'hostname'

/** JSON Schema 2020-12, the supported keywords only; `additionalProperties` defaults to false. */
export interface JsonSchema {
  readonly $ref?: string
  readonly type?: JsonType | readonly JsonType[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly default?: unknown
  readonly title?: string
  readonly description?: string
  readonly examples?: readonly unknown[]
  readonly deprecated?: boolean
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: JsonSchema | boolean
  readonly propertyNames?: JsonSchema
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly dependentRequired?: Readonly<Record<string, readonly string[]>>
  readonly items?: JsonSchema | boolean
  readonly prefixItems?: readonly JsonSchema[]
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: boolean
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly format?: Format
  readonly transform?: readonly Transform[]
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly multipleOf?: number
  readonly oneOf?: readonly JsonSchema[]
  readonly anyOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
  readonly not?: JsonSchema
}

export type PathSegment = string | number
export type Path = readonly PathSegment[]

/** One reason why a value does not fit; never holds the value itself. */
export interface SchemaError {
  /** Where in the value. */
  readonly path: Path
  /** The keyword that failed: `type`, `required`, `additionalProperties`, `pattern`, … */
  readonly rule: string
  /** Lowercase, no full stop, expected before received: "expected an integer". */
  readonly message: string
  /** For `additionalProperties`: the names that would have been right; for `enum` and `const`: the values. */
  readonly allowed?: readonly string[]
}

export type Checked<T> =
  /** `changed` tells whether a transform, a default or a reading made `value` differ from what came in. */
  | { readonly value: T; readonly changed: boolean; readonly errors?: undefined }
  | { readonly errors: readonly SchemaError[] }

export interface Validator<T = unknown> {
  /** The explaining path: judges, reads, transforms, fills defaults; at most `maxErrors` errors. */
  check(value: unknown): Checked<T>
  /** The early path: true only if `check` would return this very value unchanged. */
  accepts(value: unknown): boolean
}

export interface CompileOptions {
  /** What `$ref: '#/schemas/Name'` finds. */
  readonly schemas?: Readonly<Record<string, JsonSchema>>
  /** Reads strings as the declared type (parameters, query, headers, cookies). */
  readonly readStrings?: boolean
  /** 20 unless told; the policy language collects all. */
  readonly maxErrors?: number
  /**
   * Marks values that stand for another: `true` fits every schema as it is; a string is read as the declared type and
   * takes the value's place.
   */
  readonly placeholder?: (value: unknown) => string | true | undefined
}
