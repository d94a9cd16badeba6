/** Names of the document as names of the language. */

/** Gives each key a name of its own, the same one every time. */
export class Names {
  readonly #byKey = new Map<string, string>()
  readonly #taken = new Set<string>()

  /** `wish` is what the name should be, if nobody has it yet. */
  of(key: string, wish: string): string {
    const known = this.#byKey.get(key)
    if (known !== undefined) return known
    let name = wish
    for (let count = 2; this.#taken.has(name); count++) name = `${wish}-${count}`
    this.#byKey.set(key, name)
    this.#taken.add(name)
    return name
  }
}

const reserved = new Set(['__proto__', 'constructor', 'prototype'])

/** Letters, digits, `_`, `.` and `-` of a text, at most 64 of them. */
export function plainName(text: string, fallback: string): string {
  const name = text
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9_.-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 64)
    .replace(/[-.]+$/, '')
  return name === '' || reserved.has(name) ? fallback : name
}

/** The name of a path parameter: an identifier of at most 64 characters. */
export function parameterName(text: string): string {
  const name = text.replace(/[^A-Za-z0-9_]+/g, '_').slice(0, 64)
  return /^[A-Za-z_]/.test(name) && !reserved.has(name) ? name : `_${name}`.slice(0, 64)
}
