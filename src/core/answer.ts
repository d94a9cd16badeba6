/** What goes back to the client, before the route's headers are laid on. */

import { Readable } from 'node:stream'
import { validateHeaderName, validateHeaderValue } from './node-http.ts'

export interface Answer {
  readonly status: number
  /** Flat list: name, value, name, value. */
  readonly headers: readonly string[]
  readonly body?: string | Uint8Array | Readable | undefined
}

/** Lets go of an answer that nobody will read. */
export function discard({ body }: Pick<Answer, 'body'>): void {
  if (body instanceof Readable) body.on('error', () => {}).destroy()
}

/** Headers that a guard writes, each name once: laid on as a whole, and best made so that most of it is there before. */
export interface HeaderSet {
  /** In lower case. */
  readonly names: ReadonlySet<string>
  /** As they go out, each with its line end; written as they stand, so nothing that a client can break a line with. */
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
    names: new Set(entries.map(([name]) => name.toLowerCase())),
    lines: entries.map(([name, value]) => `${name}: ${value}\r\n`).join(''),
  }
}

/** What a destination says in one header, as it goes on; nothing where it is not heard. */
export type Amend = (value: string) => string | undefined

/** The lines of headers as a list: name, value, name, value. */
export function listLines(lines: string): string[] {
  const list: string[] = []
  for (const line of lines.split('\r\n')) {
    const colon = line.indexOf(': ')
    if (colon !== -1) list.push(line.slice(0, colon), line.slice(colon + 2))
  }
  return list
}

/** The head of one answer, while guards write on it. */
export class Head {
  /** These stand unless the destination set the same name. */
  readonly defaults: HeaderSet[] = []
  /** These stand in place of whatever the destination set. */
  readonly forced: HeaderSet[] = []
  /** By name (lower case): what becomes of a header that the destination set; best made once, as it is asked for each header. */
  readonly amends: ReadonlyMap<string, Amend>[] = []
  /** Names (lower case) that no answer carries. */
  readonly removed: ReadonlySet<string>[] = []
  /** What holds for this one answer, such as the state of a limit; these stand before all others. */
  readonly own: HeaderSet[] = []
  /** Added to `Vary`. */
  readonly vary: string[] = []
}
