/** One loading of the policies: in force until the next one, and kept until the last request that began with it is judged. */

import type { Ready } from '../app.ts'
import type { Lease } from '../enforce/mount.ts'

export class Generation {
  readonly #ready: Ready
  readonly #retired = Promise.withResolvers<void>()
  #requests = 0
  #isLast = true

  constructor(ready: Ready) {
    this.#ready = ready
  }

  lease(): Lease {
    this.#requests++
    return { active: this.#ready.active, release: () => this.#release() }
  }

  /** No request begins with it any more; resolves once it is closed. */
  retire(): Promise<void> {
    this.#isLast = false
    this.#closeIfUnused()
    return this.#retired.promise
  }

  #release(): void {
    this.#requests--
    this.#closeIfUnused()
  }

  #closeIfUnused(): void {
    if (this.#isLast || this.#requests > 0) return
    this.#ready.close()
    this.#retired.resolve()
  }
}
