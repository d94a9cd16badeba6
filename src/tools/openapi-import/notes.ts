/** What the import could not say, or said otherwise than the document: it becomes the comments of the policy. */

import { onOneLine } from './written.ts'

/** What a note is about: an entry of a section, or the whole. */
export interface Subject {
  readonly section: 'routes' | 'schemas' | 'issuers'
  readonly name: string
}

export class Notes {
  /** About the whole document, each once. */
  readonly head = new Set<string>()
  readonly #bySubject = new Map<string, Set<string>>()

  add(text: string, subject?: Subject): void {
    if (subject === undefined) this.head.add(onOneLine(text))
    else {
      const key = keyOf(subject)
      this.#bySubject.set(key, (this.#bySubject.get(key) ?? new Set()).add(onOneLine(text)))
    }
  }

  about(subject: Subject): readonly string[] {
    return [...(this.#bySubject.get(keyOf(subject)) ?? [])]
  }

  /** How many there are. */
  get size(): number {
    return this.head.size + [...this.#bySubject.values()].reduce((sum, notes) => sum + notes.size, 0)
  }
}

const keyOf = ({ section, name }: Subject): string => `${section}\0${name}`
