/** How a value enters a schema: strings are read as the declared type, then transformed. */

import type { Predicate } from './predicate.ts'
import { readString } from './read.ts'
import type { JsonSchema } from './schema.ts'
import { compileTransforms } from './transforms.ts'
import { impliedTypes } from './types.ts'

/** Gives the value as it is judged; `stand` is the text that a placeholder stands for. */
export type Enter = (value: unknown, stand: string | undefined) => unknown

export function compileEntry(schema: JsonSchema, readsStrings: boolean): Enter {
  const types = impliedTypes(schema)
  const transform = compileTransforms(schema.transform ?? [])
  return (value, stand) => {
    const text = stand ?? (readsStrings && typeof value === 'string' ? value : undefined)
    const read = text !== undefined && types ? readString(text, types) : value
    return typeof read === 'string' ? transform(read) : read
  }
}

/** Whether the transforms leave a value as it is; nothing where there are none. */
export function compileSettled({ transform: names }: JsonSchema): readonly Predicate[] {
  if (!names) return []
  const transform = compileTransforms(names)
  return [(value) => typeof value !== 'string' || transform(value) === value]
}
