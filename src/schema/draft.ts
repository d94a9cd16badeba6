/** A copy that is made only when something changes: results never touch the value that came in. */

import type { Members } from './types.ts'

/** An object as it will be; the original itself as long as nothing differs. */
export class ObjectDraft {
  readonly #original: Members
  #copy: Record<string, unknown> | undefined

  constructor(original: Members) {
    this.#original = original
  }

  get value(): Members {
    return this.#copy ?? this.#original
  }

  /** Own members only: an assignment to `__proto__` would change the prototype instead. */
  set(name: string, value: unknown): void {
    if (Object.hasOwn(this.value, name) && Object.is(this.value[name], value)) return
    this.#copy ??= { ...this.#original }
    Object.defineProperty(this.#copy, name, { value, enumerable: true, writable: true, configurable: true })
  }
}

/** A list as it will be; the original itself as long as nothing differs. */
export class ListDraft {
  readonly #original: readonly unknown[]
  #copy: unknown[] | undefined

  constructor(original: readonly unknown[]) {
    this.#original = original
  }

  get value(): readonly unknown[] {
    return this.#copy ?? this.#original
  }

  set(index: number, value: unknown): void {
    if (Object.is(this.value[index], value)) return
    this.#copy ??= [...this.#original]
    this.#copy[index] = value
  }
}
