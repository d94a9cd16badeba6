/** The lines of the files that findings are about, each file read once. */

import { readSource, Unreadable } from '../../policy/read-source.ts'

export class SourceLines {
  readonly #files = new Map<string, readonly string[]>()

  /** None where the file is no text that can be shown. */
  of(file: string): readonly string[] {
    const known = this.#files.get(file)
    if (known !== undefined) return known
    const source = readSource(file)
    const lines = source instanceof Unreadable ? [] : source.text.split(/\r?\n/)
    this.#files.set(file, lines)
    return lines
  }
}
