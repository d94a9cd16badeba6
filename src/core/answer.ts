/** What goes back to the client, before the route's headers are laid on. */

import type { Readable } from 'node:stream'

export interface Answer {
  readonly status: number
  /** Flat list: name, value, name, value. */
  readonly headers: readonly string[]
  readonly body?: string | Uint8Array | Readable | undefined
}

/** Headers that a guard writes on every answer of its routes: compiled once, laid on as a whole. */
export interface HeaderSet {
  /** Flat list: name, value, name, value. */
  readonly flat: readonly string[]
  /** The names in lower case. */
  readonly names: ReadonlySet<string>
}

/** Makes a header set from name → value. */
export function headerSet(headers: Readonly<Record<string, string>>): HeaderSet {
  const flat = Object.entries(headers).flat()
  return { flat, names: new Set(Object.keys(headers).map((name) => name.toLowerCase())) }
}

/** The head of one answer, while guards write on it. */
export class Head {
  /** These stand unless the destination set the same name. */
  readonly defaults: HeaderSet[] = []
  /** These stand in place of whatever the destination set. */
  readonly forced: HeaderSet[] = []
  /** Names (lower case) that no answer carries. */
  readonly removed: ReadonlySet<string>[] = []
  /** Single values, such as those of a limit; they replace the destination's. */
  readonly own: string[] = []
  /** Added to `Vary`. */
  readonly vary: string[] = []
}
