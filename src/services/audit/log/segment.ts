/** The file that records are written to: what is in it is what we think, or it is not written to. */

import { statSync } from 'node:fs'
import { constants, type FileHandle, open } from 'node:fs/promises'
import type { ChainState } from '../chain.ts'
import type { Fsync } from './audit-log.ts'

/** A write is over when the disk has it (open(2)): one call instead of write and fdatasync, and a fifth faster. */
const durably = constants.O_DSYNC ?? 0

export interface SegmentPlace {
  readonly path: string
  readonly number: number
  /** When its first record was written, in milliseconds since the Unix epoch. */
  readonly opened: number
  /** What the log had grown to before it. */
  readonly before: ChainState
  readonly fsync: Fsync
}

export class Segment {
  readonly place: SegmentPlace
  readonly #handle: FileHandle
  readonly #identity: string
  readonly #syncs: boolean
  #size: number
  #synced: number

  private constructor(place: SegmentPlace, handle: FileHandle, held: { identity: string; size: number }) {
    this.place = place
    this.#handle = handle
    this.#identity = held.identity
    this.#size = held.size
    this.#synced = held.size
    this.#syncs = place.fsync !== 'os' && durably === 0
  }

  /** An empty file, for its owner alone, whatever the umask says. */
  static async make(place: SegmentPlace): Promise<Segment> {
    const { O_CREAT, O_TRUNC } = constants
    const segment = await Segment.#open(place, O_CREAT | O_TRUNC, 0)
    await segment.#handle.chmod(0o600)
    return segment
  }

  /** A file whose first `size` bytes are known to be ours, and on disk. */
  static open(place: SegmentPlace, size: number): Promise<Segment> {
    return Segment.#open(place, 0, size)
  }

  static async #open(place: SegmentPlace, flags: number, size: number): Promise<Segment> {
    const { O_RDWR, O_NOFOLLOW } = constants
    const sync = place.fsync === 'os' ? 0 : durably
    const handle = await open(place.path, O_RDWR | O_NOFOLLOW | flags | sync, 0o600)
    try {
      return new Segment(place, handle, { identity: identify(await handle.stat({ bigint: true })), size })
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** How many bytes of it are kept. */
  get size(): number {
    return this.#size
  }

  /** How many of them the disk has for certain. */
  get synced(): number {
    return this.#synced
  }

  /** Throws where the path leads elsewhere, or something else wrote or cut the file; a few microseconds. */
  check(): void {
    const { path } = this.place
    const found = statSync(path, { bigint: true, throwIfNoEntry: false })
    if (found === undefined) throw new Error(`\`${path}\` is gone`)
    if (identify(found) !== this.#identity) throw new Error(`\`${path}\` was replaced by another file`)
    if (found.size !== BigInt(this.#size))
      throw new Error(`\`${path}\` must have ${this.#size} bytes, but has ${found.size}: something else writes to it`)
  }

  /** Keeps more bytes, or throws; then what is behind `size` is unknown until `cutBack`. */
  async append(bytes: Buffer): Promise<void> {
    const { bytesWritten } = await this.#handle.write(bytes, 0, bytes.length, this.#size)
    if (bytesWritten < bytes.length) throw shortWrite(bytesWritten, bytes.length)
    if (this.#syncs) await this.#handle.datasync()
    this.#size += bytes.length
    if (this.place.fsync !== 'os') this.#synced = this.#size
  }

  /** Takes away what is behind `size`. */
  async cutBack(): Promise<void> {
    await this.#handle.truncate(this.#size)
    await this.#handle.datasync()
  }

  /** Sees to it that the disk has all of it. */
  async sync(): Promise<void> {
    if (this.#synced === this.#size) return
    await this.#handle.datasync()
    this.#synced = this.#size
  }

  /** Writes bytes again that the kernel may hold for written since a flush failed (fsync(2)). */
  async rewrite(from: number): Promise<void> {
    const piece = Buffer.alloc(Math.min(1024 * 1024, this.#size - from))
    for (let at = from; at < this.#size; at += piece.length) {
      const { bytesRead } = await this.#handle.read(piece, 0, Math.min(piece.length, this.#size - at), at)
      const { bytesWritten } = await this.#handle.write(piece, 0, bytesRead, at)
      if (bytesWritten < bytesRead) throw shortWrite(bytesWritten, bytesRead)
    }
    await this.#handle.datasync()
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }
}

/** The disk is full, or what this user or process may write is used up: known at once, and nothing else is in doubt. */
const noRoom: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])
export const isNoRoom = (error: unknown): boolean => noRoom.has((error as NodeJS.ErrnoException).code)

const shortWrite = (written: number, length: number): Error =>
  Object.assign(new Error(`no room: ${written} of ${length} bytes could be written`), { code: 'ENOSPC' })

const identify = ({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string => `${dev}:${ino}`
