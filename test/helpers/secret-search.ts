/** Looks for secrets in every byte that a test run leaves behind, however they are written there. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { formsOf } from '../../scripts/leaks/forms.ts'

interface Needle {
  readonly name: string
  readonly form: string
  readonly bytes: Buffer
}

export class SecretSearch {
  readonly #needles: Needle[] = []
  readonly #found = new Set<string>()
  /** How many bytes were looked at. */
  searched = 0

  /** Shorter ones are found by chance. */
  know(name: string, secret: string | Buffer): this {
    const bytes = Buffer.from(secret)
    if (bytes.length < 12) throw new Error(`${name} is too short to be looked for`)
    for (const [form, written] of formsOf(bytes)) this.#needles.push({ name, form, bytes: written })
    return this
  }

  /** Every secret of an object, by name. */
  knowAll(secrets: Readonly<Record<string, string>>): this {
    for (const [name, secret] of Object.entries(secrets)) this.know(name, secret)
    return this
  }

  look(place: string, text: string | Buffer): this {
    const bytes = Buffer.from(text)
    this.searched += bytes.length
    for (const needle of this.#needles)
      if (bytes.includes(needle.bytes)) this.#found.add(`${needle.name} (${needle.form}) in ${place}`)
    return this
  }

  /** Every file below a folder, whole; those that are named are left out. */
  lookBelow(folder: string, except: readonly string[] = []): this {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name)
      if (entry.isFile() && !except.some((name) => path.endsWith(name))) this.look(path, readFileSync(path))
    }
    return this
  }

  /** What was found, and where; nothing is what should be. */
  get found(): readonly string[] {
    return [...this.#found].toSorted()
  }
}
