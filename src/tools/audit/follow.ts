/** Goes on with logs as they are written: the directory is watched, so that new files and new logs are seen. */

import { type FSWatcher, watch } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { plainName } from '../../services/audit/log/folder.ts'
import type { Filter } from './filter.ts'
import { type Inventory, takeInventory } from './inventory.ts'
import { readShown, type Shown } from './records.ts'

const lineFeed = 10
/** Some file systems tell nothing. */
const askEvery = 1000

/** One log, read up to where its writer is. */
class Tail {
  readonly #folder: string
  #number: number
  #file: FileHandle | undefined
  #at = 0
  #rest: Buffer = Buffer.alloc(0)

  constructor(folder: string, number: number) {
    this.#folder = folder
    this.#number = number
  }

  /** Passes over what is there. */
  async skip(): Promise<void> {
    this.#file = await this.#open()
    this.#at = (await this.#file?.stat())?.size ?? 0
  }

  /** The lines since the last time; a file that is packed or removed meanwhile is still open here. */
  async read(take: (line: Buffer) => void): Promise<void> {
    for (;;) {
      this.#file ??= await this.#open()
      if (this.#file === undefined) return
      const next = await this.#open(this.#number + 1)
      await this.#drain(this.#file, take)
      if (next === undefined) return
      await this.#file.close()
      this.#file = next
      this.#number++
      this.#at = 0
      this.#rest = Buffer.alloc(0)
    }
  }

  async close(): Promise<void> {
    await this.#file?.close()
  }

  async #drain(file: FileHandle, take: (line: Buffer) => void): Promise<void> {
    const piece = Buffer.allocUnsafe(64 * 1024)
    for (;;) {
      const { bytesRead } = await file.read(piece, 0, piece.length, this.#at)
      if (bytesRead === 0) return
      this.#at += bytesRead
      const text = Buffer.concat([this.#rest, piece.subarray(0, bytesRead)])
      let start = 0
      for (let end = text.indexOf(lineFeed); end !== -1; end = text.indexOf(lineFeed, start)) {
        take(text.subarray(start, end))
        start = end + 1
      }
      this.#rest = text.subarray(start)
    }
  }

  async #open(number = this.#number): Promise<FileHandle | undefined> {
    try {
      return await open(join(this.#folder, plainName(number)))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }
}

export interface Following {
  /** Ends it. */
  close(): void
  /** Settles when it has ended; rejects where a file cannot be read. */
  readonly ended: Promise<void>
}

interface Follow {
  readonly filter: Filter
  /** Only this log. */
  readonly log?: string | undefined
  show(shown: Shown): void
}

/** Begins with what is written after this resolves. */
export async function follow(dir: string, inventory: Inventory, options: Follow): Promise<Following> {
  const follower = new Follower(dir, options)
  for (const { path, segments } of inventory.logs) await follower.add(path, segments.at(-1)?.number ?? 1, true)
  return follower.start()
}

class Follower {
  readonly #dir: string
  readonly #options: Follow
  readonly #tails = new Map<string, Tail>()
  readonly #watchers: FSWatcher[] = []
  #wake = (): void => {}
  #isEnded = false

  constructor(dir: string, options: Follow) {
    this.#dir = dir
    this.#options = options
  }

  async add(path: string, number: number, isOld: boolean): Promise<void> {
    const tail = new Tail(path, number)
    this.#tails.set(path, tail)
    this.#watch(path)
    if (isOld) await tail.skip()
  }

  start(): Following {
    this.#watch(this.#dir)
    const close = (): void => {
      this.#isEnded = true
      this.#wake()
    }
    return { close, ended: this.#run() }
  }

  async #run(): Promise<void> {
    while (!this.#isEnded) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      const timer = setTimeout(this.#wake, askEvery)
      await this.#look()
      if (!this.#isEnded) await woken
      clearTimeout(timer)
    }
    for (const watcher of this.#watchers) watcher.close()
    for (const tail of this.#tails.values()) await tail.close()
  }

  async #look(): Promise<void> {
    const { logs } = await takeInventory(this.#dir)
    for (const { path, id, segments } of logs)
      if (!this.#tails.has(path) && (this.#options.log ?? id) === id)
        await this.add(path, segments[0]?.number ?? 1, false)
    for (const tail of this.#tails.values())
      await tail.read((line) => {
        const shown = readShown(line, this.#options.filter, () => {})
        if (shown !== undefined) this.#options.show(shown)
      })
  }

  #watch(path: string): void {
    const watcher = watch(path, () => this.#wake())
    watcher.on('error', () => watcher.close())
    this.#watchers.push(watcher)
  }
}
