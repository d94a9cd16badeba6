/** The schemas that are referred to: each becomes an entry of `schemas`, converted once, recursive ones as well. */

import { readFragment } from '../../schema/pointer.ts'
import type { JsonSchema } from '../../schema/schema.ts'
import { isMembers } from '../../schema/types.ts'
import type { SchemaConverter } from './convert-schema.ts'
import { Names, plainName } from './names.ts'
import type { Notes } from './notes.ts'
import type { References } from './references.ts'
import { anything } from './schema-type.ts'

const anythingKey = '# anything'

export class SharedSchemas {
  readonly #references: References
  readonly #notes: Notes
  readonly #names = new Names()
  readonly #written = new Map<string, unknown>()

  constructor(references: References, notes: Notes) {
    this.#references = references
    this.#notes = notes
  }

  /** The name of what a reference leads to; refuses one that leads nowhere. */
  name(reference: string): string {
    const target = this.#references.find(reference)
    const wish = plainName(readFragment(reference)?.at(-1) ?? '', 'Schema')
    const name = this.#names.of(reference, wish)
    if (!this.#written.has(name)) this.#written.set(name, target)
    return name
  }

  /** A reference to the schema that lets any value in. */
  anything(): JsonSchema {
    const name = this.#names.of(anythingKey, 'Anything')
    this.#written.set(name, anything)
    return { $ref: `#/schemas/${name}` }
  }

  /** Whether a member is for answers alone. */
  isReadOnly(schema: unknown): boolean {
    const target = this.#references.follow(schema)
    return [schema, target].some((each) => isMembers(each) && each.readOnly === true)
  }

  /** What a schema is, at whatever remove. */
  follow(schema: unknown): unknown {
    return this.#references.follow(schema)
  }

  noteHead(text: string): void {
    this.#notes.add(text)
  }

  /** Every schema by name; those that only other schemas refer to come in while they are converted. */
  convertAll(converter: SchemaConverter): ReadonlyMap<string, JsonSchema> {
    const converted = new Map<string, JsonSchema>()
    // A map is walked to its end, also as it grows.
    for (const [name, written] of this.#written) {
      const note = (text: string): void => this.#notes.add(text, { section: 'schemas', name })
      converted.set(
        name,
        written === anything ? anything : converter.convert(written, { note, depth: 0, inPlace: false }),
      )
    }
    return converted
  }
}
