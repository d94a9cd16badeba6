/** The operations of a document as routes. */

import { isMembers, type Members } from '../../schema/types.ts'
import { convertBody } from './convert-body.ts'
import { convertParameters } from './convert-parameters.ts'
import { convertPath, type RoutePath } from './convert-path.ts'
import type { SchemaConverter } from './convert-schema.ts'
import type { Security } from './convert-security.ts'
import type { Notes } from './notes.ts'
import { known, listOf, membersOf, onOneLine, textOf } from './written.ts'

interface Context {
  readonly converter: SchemaConverter
  readonly security: Security
  readonly notes: Notes
  readonly prefix: string
}

type Routes = Readonly<Record<string, unknown>>

const methods = ['get', 'put', 'post', 'delete', 'patch', 'head'] as const
/** Those that the language has no route for. */
const foreign = ['trace', 'query', 'additionalOperations'] as const

/** What the language has no route for is noted and left out: nothing is open by omission. */
export function convertRoutes(paths: unknown, context: Context): Routes {
  const shapes = new Map<string, string>()
  const entries = Object.entries(membersOf(paths)).filter(([template]) => !template.startsWith('x-'))
  return Object.fromEntries(
    entries.flatMap(([template, written]) => {
      const item = membersOf(context.converter.shared.follow(written))
      const path = convertPath(template, context.prefix)
      if (typeof path !== 'string') return convertItem(item, { template, path, shapes, ...context })
      context.notes.add(`left out: \`${template}\`: ${path}`)
      return []
    }),
  )
}

interface ItemContext extends Context {
  readonly template: string
  readonly path: RoutePath
  /** `METHOD shape` → the template that has it already. */
  readonly shapes: Map<string, string>
}

function convertItem(item: Members, context: ItemContext): readonly (readonly [string, unknown])[] {
  const { template, path, shapes, notes } = context
  for (const name of foreign)
    if (item[name] !== undefined) notes.add(`left out: \`${name}\` of \`${template}\`: the language has no such method`)
  return methods.flatMap((name) => {
    const operation = item[name]
    if (!isMembers(operation)) return []
    const method = name.toUpperCase()
    const shape = `${method} ${path.shape}`
    const twin = shapes.get(shape)
    if (twin !== undefined) {
      notes.add(`left out: \`${method} ${template}\`: \`${twin}\` answers the same requests`)
      return []
    }
    shapes.set(shape, template)
    return [[`${method} ${path.path}`, convertOperation(method, operation, item, context)]]
  })
}

function convertOperation(method: string, operation: Members, item: Members, context: ItemContext): unknown {
  const { converter, security, notes, path } = context
  const subject = { section: 'routes', name: `${method} ${path.path}` } as const
  const note = (text: string): void => notes.add(text, subject)
  const at = { note, depth: 0, inPlace: false }
  for (const [written, name] of path.params)
    if (written !== name) note(`the parameter \`${written}\` is \`${name}\` here`)
  if (Array.isArray(operation.servers ?? item.servers))
    note('its own `servers` are left out: it goes where the others go')
  const written = [...listOf(item.parameters), ...listOf(operation.parameters)]
  const parameters = written.map((parameter) => converter.shared.follow(parameter))
  const input = {
    ...convertParameters(parameters, { converter, at, params: path.params }),
    ...convertBody(operation.requestBody, method, converter, at),
  }
  const { isPublic, ...access } = security.accessTo(operation, note)
  return known({
    ...describe(operation, item),
    ...access,
    rateLimit: isPublic && method !== 'GET' && method !== 'HEAD' ? slow : undefined,
    input: Object.keys(input).length > 0 ? input : undefined,
  })
}

/** What changes something for everyone is held to a slower pace. */
const slow = ['inherit', { by: 'ip', name: 'unsigned', limit: 60, per: '1m' }]

function describe(operation: Members, item: Members): Members {
  const summary = shorten(onOneLine(textOf(operation.summary) ?? textOf(item.summary) ?? ''))
  const description = (textOf(operation.description) ?? textOf(item.description))?.trim()
  return {
    summary: summary || undefined,
    description: description || undefined,
    deprecated: operation.deprecated === true ? true : undefined,
  }
}

/** The most that a summary may have is 200 characters. */
const shorten = (text: string): string => (text.length <= 200 ? text : `${text.slice(0, 196).toWellFormed()} …`)
