/** Copies records to standard output, between the lines of the server's log. */

import { atMost } from '../../later.ts'
import { standardOutput } from '../../standard-output.ts'
import { Backlog, type BacklogParts } from './backlog.ts'
import type { Copy } from './copy.ts'

/** A stream of Node, or what pino writes to. */
export interface Output {
  /** False where the reader is slow; then `drain` tells when it is not. */
  write(text: string): boolean
  on(event: 'drain' | 'error' | 'drop', listener: (what?: unknown) => void): unknown
  off(event: 'drain' | 'error' | 'drop', listener: (what?: unknown) => void): unknown
}

/** Written at once, in UTF-16 code units. */
const chunk = 16 * 1024
/** That the end of the process waits for a slow reader, in milliseconds. */
const lastTimeout = 2_000

export class StdoutCopy implements Copy {
  readonly #backlog: Backlog
  readonly #out: Output
  readonly #drained = Promise.withResolvers<void>()
  #isFull = false
  #closed: Promise<void> | undefined
  #writing: string | undefined

  constructor(parts: Omit<BacklogParts, 'name'>, out: Output = standardOutput()) {
    this.#backlog = new Backlog({ ...parts, name: 'stdout' })
    this.#out = out
    out.on('drain', this.#resume)
    out.on('error', this.#tryAgain)
    out.on('drop', this.#countDropped)
  }

  write(line: string): void {
    this.#backlog.push(line)
    this.#flush()
  }

  close(): Promise<void> {
    this.#closed ??= this.#finish()
    return this.#closed
  }

  async #finish(): Promise<void> {
    if (!this.#backlog.isEmpty) await atMost(lastTimeout, this.#drained.promise)
    this.#out.off('drain', this.#resume)
    this.#out.off('error', this.#tryAgain)
    this.#out.off('drop', this.#countDropped)
    this.#backlog.close()
  }

  #flush(): void {
    while (!this.#isFull && !this.#backlog.isEmpty) {
      this.#writing = `${this.#backlog.take(chunk).join('\n')}\n`
      this.#isFull = !this.#out.write(this.#writing)
      this.#writing = undefined
    }
    if (this.#closed !== undefined && this.#backlog.isEmpty) this.#drained.resolve()
  }

  readonly #resume = (): void => {
    this.#isFull = false
    this.#flush()
  }

  /** A full disk tells of no drain; the next line finds out. */
  readonly #tryAgain = (): void => {
    this.#isFull = false
  }

  /** The log's own lines have filled the writer; only what was being written just now was ours, and the log is told of it. */
  readonly #countDropped = (): void => {
    const dropped = this.#writing
    this.#writing = undefined
    if (dropped !== undefined) this.#backlog.drop(dropped.split('\n').length - 1)
  }
}
