/** The file that records are written to: what is in it is what we think, or it is not written to. */

import { statSync } from 'node:fs'
import { constants, type FileHandle, open } from 'node:fs/promises'
import type { Fsync } from './audit-log.ts'

/** A write is over when the disk has it (open(2)): one call instead of write and fdatasync, and a fifth faster. */
const durably = constants.O_DSYNC ?? 0

export class Segment {
  readonly path: string
  readonly number: number
  /** When its first record was written, in milliseconds since the Unix epoch. */
  readonly opened: number
  readonly #handle: FileHandle
  readonly #identity: string
  readonly #syncs: boolean
  #size: number

  private constructor(place: SegmentPlace, handle: FileHandle, identity: string) {
    this.path = place.path
    this.number = place.number
    this.opened = place.opened
    this.#handle = handle
    this.#identity = identity
    this.#size = place.size
    this.#syncs = place.fsync !== 'os' && durably === 0
  }

  /** Opens a file whose first `size` bytes are known to be ours; makes it where `size` is 0 and there is none. */
  static async open(place: SegmentPlace): Promise<Segment> {
    const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants
    const made = place.size === 0 ? O_CREAT : 0
    const handle = await open(place.path, O_RDWR | O_NOFOLLOW | made | (place.fsync === 'os' ? 0 : durably), 0o600)
    try {
      if (place.size === 0) await handle.chmod(0o600)
      return new Segment(place, handle, identify(await handle.stat({ bigint: true })))
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** How many bytes of it are kept. */
  get size(): number {
    return this.#size
  }

  /** Throws where the path leads elsewhere, or something else wrote or cut the file; a few microseconds. */
  check(): void {
    const found = statSync(this.path, { bigint: true, throwIfNoEntry: false })
    if (found === undefined) throw new Error(`\`${this.path}\` is gone`)
    if (identify(found) !== this.#identity) throw new Error(`\`${this.path}\` was replaced by another file`)
    if (found.size !== BigInt(this.#size))
      throw new Error(`\`${this.path}\` must have ${this.#size} bytes, but has ${found.size}`)
  }

  /** Keeps more bytes, or throws; then what came of it is unknown until `cutBack`. */
  async append(bytes: Buffer): Promise<void> {
    const { bytesWritten } = await this.#handle.write(bytes, 0, bytes.length, this.#size)
    if (bytesWritten < bytes.length) throw new Error(`only ${bytesWritten} of ${bytes.length} bytes could be written`)
    if (this.#syncs) await this.#handle.datasync()
    this.#size += bytes.length
  }

  /** Takes away what a failed `append` left. */
  async cutBack(): Promise<void> {
    await this.#handle.truncate(this.#size)
    await this.#handle.datasync()
  }

  async sync(): Promise<void> {
    await this.#handle.datasync()
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }
}

export interface SegmentPlace {
  readonly path: string
  readonly number: number
  readonly opened: number
  readonly size: number
  readonly fsync: Fsync
}

const identify = ({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string => `${dev}:${ino}`
