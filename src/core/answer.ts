/** What goes back to the client, before the route's headers are laid on. */

import { validateHeaderName, validateHeaderValue } from 'node:http'
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
  /** The lines as they go out, each with its line end. */
  readonly lines: string
}

/** Makes a header set from name → value; throws where HTTP cannot carry one. */
export function headerSet(headers: Readonly<Record<string, string>>): HeaderSet {
  const entries = Object.entries(headers)
  for (const [name, value] of entries) {
    validateHeaderName(name)
    validateHeaderValue(name, value)
  }
  return {
    flat: entries.flat(),
    names: new Set(entries.map(([name]) => name.toLowerCase())),
    lines: entries.map(([name, value]) => `${name}: ${value}\r\n`).join(''),
  }
}

/** The head of one answer, while guards write on it. */
export class Head {
  /** These stand unless the destination set the same name. */
  readonly defaults: HeaderSet[] = []
  /** These stand in place of whatever the destination set. */
  readonly forced: HeaderSet[] = []
  /** Names (lower case) that no answer carries. */
  readonly removed: ReadonlySet<string>[] = []
  /** Single values, such as those of a limit; they replace the destination's. Written as they stand: nothing that a client can break a line with. */
  readonly own: string[] = []
  /** Added to `Vary`. */
  readonly vary: string[] = []
}
