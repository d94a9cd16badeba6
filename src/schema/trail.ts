/** Where a walk stands in the value, and what it has found so far. */

import type { PathSegment, SchemaError } from './schema.ts'

/** The errors of one walk, at most `limit` of them, each with the place where it was found. */
export class Trail {
  readonly errors: SchemaError[] = []
  readonly limit: number
  readonly #path: PathSegment[] = []

  constructor(limit: number) {
    this.limit = limit
  }

  /** Whether the walk may stop: more errors would not be kept. */
  get full(): boolean {
    return this.errors.length >= this.limit
  }

  report(rule: string, message: string, allowed?: readonly string[]): void {
    if (!this.full) this.errors.push({ path: [...this.#path], rule, message, ...(allowed && { allowed }) })
  }

  /** Runs a step of the walk one segment further in. */
  within<T>(segment: PathSegment, step: () => T): T {
    this.#path.push(segment)
    try {
      return step()
    } finally {
      this.#path.pop()
    }
  }

  /** A trail that begins here and keeps its errors apart, to try a branch. */
  fork(limit = this.limit): Trail {
    return new Trail(limit)
  }

  /** Takes over what a fork has found. */
  adopt(errors: readonly SchemaError[]): void {
    const taken = errors.slice(0, this.limit - this.errors.length)
    for (const error of taken) this.errors.push({ ...error, path: [...this.#path, ...error.path] })
  }
}
