/** JSON Schema draft-07, the newest that every editor understands, and what yaml-language-server reads beside it. */

import type { JsonSchema } from '../../schema/schema.ts'

type Shared = Omit<
  JsonSchema,
  | 'properties'
  | 'additionalProperties'
  | 'items'
  | 'anyOf'
  | 'allOf'
  | 'oneOf'
  | 'not'
  | 'prefixItems'
  | 'dependentRequired'
  | 'transform'
  | 'deprecated'
>

/** A text to insert, in the snippet syntax of editors. */
export interface Snippet {
  readonly label: string
  readonly description: string
  readonly bodyText: string
}

export interface EditorSchema extends Shared {
  readonly $schema?: string
  readonly definitions?: Readonly<Record<string, EditorSchema>>
  readonly properties?: Readonly<Record<string, EditorSchema>>
  readonly patternProperties?: Readonly<Record<string, EditorSchema>>
  readonly additionalProperties?: EditorSchema | boolean
  readonly items?: EditorSchema
  readonly anyOf?: readonly EditorSchema[]
  /** The description as Markdown; without it editors escape backticks. */
  readonly markdownDescription?: string
  /** Stand in place of the editor's own message: of all that can be wrong, and of the pattern alone. */
  readonly errorMessage?: string
  readonly patternErrorMessage?: string
  readonly defaultSnippets?: readonly Snippet[]
}

/** A schema that is defined once. */
export const definition = (name: string): { readonly $ref: string } => ({ $ref: `#/definitions/${name}` })
