/** Follows the `$ref`s of one document, inside it. */

import { readFragment } from '../../schema/pointer.ts'
import { isMembers, type Members } from '../../schema/types.ts'
import { ImportFault } from './import-fault.ts'
import { onOneLine } from './written.ts'

/** References that lead to a reference. */
const longest = 32

export class References {
  readonly #root: Members

  constructor(root: Members) {
    this.#root = root
  }

  /** What a reference object stands for, at whatever remove; the value itself where it is none. */
  follow(value: unknown): unknown {
    let found = value
    for (let hops = 0; isMembers(found) && typeof found.$ref === 'string'; hops++) {
      if (hops === longest) throw new ImportFault(`\`${onOneLine(found.$ref)}\` leads back to itself`)
      found = this.find(found.$ref)
    }
    return found
  }

  /** What a reference leads to. */
  find(reference: string): unknown {
    const segments = this.#segmentsOf(reference)
    let found: unknown = this.#root
    for (const segment of segments) {
      if (typeof found !== 'object' || found === null || !Object.hasOwn(found, segment))
        throw new ImportFault(`\`${onOneLine(reference)}\` leads nowhere`)
      found = (found as Members)[segment]
    }
    return found
  }

  #segmentsOf(reference: string): readonly string[] {
    if (!reference.startsWith('#'))
      throw new ImportFault(
        `expected a document that stands alone, got a reference to \`${onOneLine(reference)}\`: bundle it first, for example with \`npx @redocly/cli bundle FILE\``,
      )
    const segments = readFragment(reference)
    if (segments === undefined) throw new ImportFault(`\`${onOneLine(reference)}\` is no JSON Pointer`)
    return segments
  }
}
