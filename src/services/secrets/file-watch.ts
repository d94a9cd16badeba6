/** Tells when files may have changed: those that are replaced, and the links of an orchestrator's mount. */

import { type FSWatcher, watch } from 'node:fs'
import { unhurried } from '../later.ts'
import { type Place, Places } from '../watch-places.ts'

interface Watched {
  readonly paths: readonly string[]
  readonly changed: () => void
}

/** Quiet for so long, a change is taken for whole; one that goes on is looked at now and then. Milliseconds. */
const settleMs = 100
const longestMs = 1_000

/** What it returns ends it. */
export function watchFiles(watched: Watched): () => void {
  const files = new FileWatch(watched)
  return () => files.close()
}

class FileWatch {
  readonly #watched: Watched
  #watchers: readonly FSWatcher[] = []
  #firstAt: number | undefined
  #cancel = () => {}
  #isClosed = false

  constructor(watched: Watched) {
    this.#watched = watched
    this.#listen()
  }

  close(): void {
    this.#isClosed = true
    this.#cancel()
    this.#release()
  }

  /** Watchers of folders that were replaced are deaf: all are made anew. */
  #listen(): void {
    this.#release()
    const places = new Places()
    for (const path of this.#watched.paths) places.trace(path)
    this.#watchers = Array.from(places.all, ([path, place]) => this.#open(path, place)).flat()
  }

  /** A folder that cannot be watched is looked at now and then all the same. */
  #open(path: string, { names }: Place): readonly FSWatcher[] {
    try {
      const watcher = watch(path, { persistent: false }, (_event, name) => {
        if (name === null || names.has(name)) this.#soon()
      })
      return [watcher.on('error', () => this.#soon())]
    } catch {
      return []
    }
  }

  #release(): void {
    for (const watcher of this.#watchers) watcher.close()
    this.#watchers = []
  }

  #soon(): void {
    if (this.#isClosed) return
    const now = performance.now()
    this.#firstAt ??= now
    this.#cancel()
    this.#cancel = unhurried(() => this.#tell(), Math.max(0, Math.min(settleMs, this.#firstAt + longestMs - now)))
  }

  #tell(): void {
    this.#firstAt = undefined
    this.#listen()
    this.#watched.changed()
  }
}
