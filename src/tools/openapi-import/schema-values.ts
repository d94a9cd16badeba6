/** The keywords of a schema that hold no schemas: limits, patterns, formats, choices. */

import { formats } from '../../schema/formats.ts'
import type { Format, JsonSchema, JsonType } from '../../schema/schema.ts'
import type { Members } from '../../schema/types.ts'
import { readPattern, readValues } from './schema-type.ts'
import { listOf, textOf } from './written.ts'

type Note = (text: string) => void

const limits = [
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
  'multipleOf',
] as const

/** What of them the language has; what it has not is noted. */
export function convertValues(written: Members, types: readonly JsonType[] | undefined, note: Note): JsonSchema {
  const { uniqueItems, deprecated, description } = written
  return {
    ...(textOf(description)?.trim() && { description: textOf(description)?.trim() ?? '' }),
    ...(deprecated === true && { deprecated }),
    ...Object.fromEntries(limits.flatMap((name) => (isExact(written[name]) ? [[name, written[name]]] : []))),
    ...(uniqueItems === true && { uniqueItems }),
    ...convertRange(written),
    ...convertText(written, note),
    ...convertChoice(written, types),
  }
}

/** A number that YAML keeps as it is; the engine takes no greater ones anyway. */
const isExact = (value: unknown): value is number =>
  Number.isSafeInteger(value) || (Number.isFinite(value) && !Number.isInteger(value))

const int32 = 2 ** 31

/** In OpenAPI 3.0, `exclusiveMinimum: true` says how `minimum` is meant. */
function convertRange(written: Members): JsonSchema {
  const narrow = written.format === 'int32' && written.type === 'integer'
  const { minimum = narrow ? -int32 : undefined, maximum = narrow ? int32 - 1 : undefined } = written
  const { exclusiveMinimum: above, exclusiveMaximum: below } = written
  return Object.fromEntries(
    [
      [above === true ? 'exclusiveMinimum' : 'minimum', minimum],
      [below === true ? 'exclusiveMaximum' : 'maximum', maximum],
      ['exclusiveMinimum', above],
      ['exclusiveMaximum', below],
    ].filter(([, limit]) => isExact(limit)),
  )
}

const aliases: Readonly<Record<string, Format>> = { url: 'uri', guid: 'uuid', ip: 'ipv4', 'idn-email': 'email' }
/** Of numbers, and of texts that stand for something else: nothing is judged by them. */
const silent: ReadonlySet<unknown> = new Set(['int32', 'int64', 'float', 'double', 'byte', 'binary', 'password'])

function convertText(written: Members, note: Note): JsonSchema {
  const pattern = readPattern(written.pattern)
  if (pattern === undefined && written.pattern !== undefined)
    note(`\`pattern: ${String(written.pattern)}\` is left out: it is no regular expression in Unicode mode`)
  const named = textOf(written.format)
  const format = named !== undefined && Object.hasOwn(aliases, named) ? aliases[named] : named
  const isKnown = format !== undefined && Object.hasOwn(formats, format)
  if (format !== undefined && !isKnown && !silent.has(format))
    note(`\`format: ${format}\` is left out: it is not one that is judged`)
  return { ...(pattern !== undefined && { pattern }), ...(isKnown && { format: format as Format }) }
}

function convertChoice(written: Members, types: readonly JsonType[] | undefined): JsonSchema {
  const values = readValues(listOf(written.enum), types)
  return {
    ...(values.length > 0 && { enum: values }),
    ...(Object.hasOwn(written, 'const') && { const: written.const }),
    ...(Object.hasOwn(written, 'default') && { default: readValues([written.default], types)[0] }),
  }
}
