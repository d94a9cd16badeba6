/** The schema of schemas, made from the keyword table. */

import { keywordSummaries } from './keyword-summaries.ts'
import { keywordRows } from './keywords.ts'
import type { JsonSchema } from './schema.ts'

/** What a schema looks like, with `schema` wherever another schema is expected. */
export const metaSchemaOf = (schema: JsonSchema): JsonSchema => ({
  type: 'object',
  properties: Object.fromEntries(
    keywordRows.map(([name, { meta }]) => [name, { ...meta(schema), description: keywordSummaries[name] }]),
  ),
  additionalProperties: false,
})

/** The schema of every schema that this engine compiles; `#` is itself. */
export const metaSchema: JsonSchema = metaSchemaOf({ $ref: '#' })
