/** The JSON Schema of a whole policy file for editors, made from the schemas that `check` judges by. */

import type { Guard } from '../../guards/guard.ts'
import { guards } from '../../guards/index.ts'
import { bodySchema, parameterSchema } from '../../guards/input/input-block.ts'
import { handlers } from '../../handlers/index.ts'
import { settingsSchema } from '../../policy/settings.ts'
import { shapeSchemas } from '../../policy/shapes.ts'
import { array, literal, record } from '../../schema/builder.ts'
import { metaSchemaOf } from '../../schema/meta-schema.ts'
import type { JsonSchema } from '../../schema/schema.ts'
import { issuerSchema } from '../../services/keys/issuer.ts'
import { roleSchema } from '../../services/roles/rule.ts'
import { definition, type EditorSchema } from './draft-07.ts'
import { routesOf } from './routes.ts'
import { choice, formOf, reference, toEditor } from './to-editor.ts'

const off = literal('off', { description: 'Takes the inherited block away.' }).json
const inherit = literal('inherit', { description: 'The inherited items, in this place.' }).json

const inputSchema = metaSchemaOf(definition('inputSchema'))
const parameter: JsonSchema = {
  ...inputSchema,
  properties: { ...inputSchema.properties, required: { type: 'boolean', description: 'Whether it must be there.' } },
}

/** The schemas that stand for a schema which is judged by the schema engine itself. */
const schemaPlaces: ReadonlyMap<unknown, JsonSchema> = new Map([
  [bodySchema.json, definition('inputSchema')],
  [parameterSchema.json, definition('parameter')],
])

/** The tree with each of those places taken by what is judged there. */
function withSchemas<T>(tree: T): T {
  const place = schemaPlaces.get(tree)
  if (place !== undefined) return place as T
  if (typeof tree !== 'object' || tree === null) return tree
  if (Array.isArray(tree)) return tree.map(withSchemas) as T
  return Object.fromEntries(Object.entries(tree).map(([key, member]) => [key, withSchemas(member)])) as T
}

type Parts = Readonly<Record<string, JsonSchema>>

/** An object of the language, with the schemas of the members that are judged by themselves. */
const filled = ({ json }: { readonly json: JsonSchema }, parts: Parts): JsonSchema => ({
  ...json,
  properties: Object.fromEntries(
    Object.entries(json.properties ?? {}).map(([name, own]) => [name, partOf(own, parts[name])]),
  ),
})

function partOf(own: JsonSchema, part: JsonSchema | undefined): JsonSchema {
  if (part === undefined) return own
  return part.$ref === undefined ? { ...part, description: part.description ?? own.description ?? '' } : part
}

const blocks: Parts = Object.fromEntries([...guards, ...handlers].map(({ name }) => [name, definition(name)]))

interface Written {
  readonly name: string
  readonly summary: string
  readonly example: string
}

/** A block under its name, with the forms that it can have. */
const blockOf = ({ name, summary, example }: Written, forms: readonly JsonSchema[]): EditorSchema =>
  choice(forms.map(formOf), {
    title: name,
    description: summary,
    markdownDescription: `${summary}\n\n\`\`\`yaml\n${example.trim()}\n\`\`\``,
  })

const formsOf = (schema: JsonSchema): readonly JsonSchema[] => schema.anyOf ?? [schema]

/** The block of a guard as one layer writes it: `off`, and `inherit` among the items of its list. */
function guardOf(guard: Guard): EditorSchema {
  const forms = formsOf(withSchemas(guard.schema.json))
  return blockOf(guard, [...(guard.inherits ? forms.map(withInherit) : forms), off])
}

function withInherit(form: JsonSchema): JsonSchema {
  if (typeof form.items !== 'object') return form
  return { ...form, items: { anyOf: [...formsOf(form.items), inherit] } }
}

const sections: Parts = {
  settings: settingsSchema.json,
  issuers: record(issuerSchema).json,
  roles: record(array(roleSchema)).json,
  schemas: { type: 'object', additionalProperties: definition('inputSchema') },
  profiles: { type: 'object', additionalProperties: definition('profile') },
  upstream: definition('upstream'),
  defaults: filled(shapeSchemas.defaults, blocks),
}

const definitions = (): Readonly<Record<string, EditorSchema>> => ({
  reference,
  ...Object.fromEntries(guards.map((guard) => [guard.name, guardOf(guard)])),
  ...Object.fromEntries(handlers.map((handler) => [handler.name, blockOf(handler, formsOf(handler.schema.json))])),
  profile: toEditor(filled(shapeSchemas.profile, blocks)),
  route: choice([toEditor(filled(shapeSchemas.route, blocks)), { type: 'null' }], {}),
  inputSchema: toEditor(inputSchema),
  parameter: toEditor(parameter),
})

export function editorSchema(): EditorSchema {
  const { properties = {} } = toEditor(filled(shapeSchemas.file, sections))
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Portcullis policy',
    type: ['object', 'null'],
    properties: { ...properties, ...(properties.routes && { routes: routesOf(properties.routes) }) },
    additionalProperties: false,
    definitions: definitions(),
  }
}
