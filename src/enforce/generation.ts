/** One loading of the policies: in force until the next one, and kept until the last request that began with it is judged. */

import type { Active } from './enforce.ts'

/** Policies that are ready for requests, and what lets go of them. */
export interface Loaded {
  readonly active: Active
  close(): void
}

/** The policy that a request is judged by, and word that it is judged. */
export interface Lease {
  readonly active: Active
  release(): void
}

export class Generation<T extends Loaded> implements Lease {
  readonly loaded: T
  readonly active: Active
  readonly #retired = Promise.withResolvers<void>()
  #requests = 0
  #isLast = true

  constructor(loaded: T) {
    this.loaded = loaded
    this.active = loaded.active
  }

  /** For one request; an object for each would be a burden. */
  lease(): Lease {
    this.#requests++
    return this
  }

  release(): void {
    this.#requests--
    this.#closeIfUnused()
  }

  /** No request begins with it any more; resolves once it is closed. */
  retire(): Promise<void> {
    this.#isLast = false
    this.#closeIfUnused()
    return this.#retired.promise
  }

  #closeIfUnused(): void {
    if (this.#isLast || this.#requests > 0) return
    this.loaded.close()
    this.#retired.resolve()
  }
}
