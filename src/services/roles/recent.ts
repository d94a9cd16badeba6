/** Keeps what was made, up to a bound: the oldest makes room. */
export class Recent<V> {
  readonly #made = new Map<string, V>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#made.size
  }

  /** What was made under this key, or is now. */
  take(key: string, make: () => V): V {
    const known = this.#made.get(key)
    if (known !== undefined) return known
    const [oldest] = this.#made.size >= this.#limit ? this.#made.keys() : []
    if (oldest !== undefined) this.#made.delete(oldest)
    const made = make()
    this.#made.set(key, made)
    return made
  }
}
