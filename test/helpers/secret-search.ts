/** Looks for secrets in every byte that a test run leaves behind, however they are written there. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

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
    for (const [form, written] of Object.entries(formsOf(bytes))) this.#needles.push({ name, form, bytes: written })
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

/** The ways in which logs, records and databases write bytes. */
function formsOf(bytes: Buffer): Readonly<Record<string, Buffer>> {
  const text = bytes.toString()
  const written: Record<string, string | Buffer> = {
    raw: bytes,
    hex: bytes.toString('hex'),
    'upper-case hex': bytes.toString('hex').toUpperCase(),
    'url-encoded': encodeURIComponent(text),
    'form-encoded': new URLSearchParams({ a: text }).toString().slice(2),
    json: JSON.stringify(text).slice(1, -1),
    'utf-16': Buffer.from(text, 'utf16le'),
  }
  for (const shift of [0, 1, 2]) {
    written[`base64 +${shift}`] = inBase64(bytes, shift, 'base64')
    written[`base64url +${shift}`] = inBase64(bytes, shift, 'base64url')
  }
  return Object.fromEntries(Object.entries(written).map(([form, each]) => [form, Buffer.from(each)]))
}

/** What stands in the base64 of anything that holds the bytes, so many bytes after a multiple of three. */
function inBase64(bytes: Buffer, shift: number, encoding: 'base64' | 'base64url'): string {
  const whole = Math.floor((shift + bytes.length) / 3) * 3
  const written = Buffer.concat([Buffer.alloc(shift), bytes])
    .subarray(0, whole)
    .toString(encoding)
  return written.slice(shift === 0 ? 0 : 4)
}
