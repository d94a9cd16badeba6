/** `--watch`: tells when policies have changed. Folders are watched, since files are replaced; what the files hold decides. */

import { createHash } from 'node:crypto'
import { type FSWatcher, watch } from 'node:fs'
import { isPolicyName, type Loaded, load } from '../policy/load.ts'
import { readRegular, reasonOf, Unreadable } from '../policy/read-source.ts'
import { unhurried } from '../services/later.ts'
import type { Log } from '../services/log.ts'
import { type Place, Places } from '../services/watch-places.ts'

export interface Watched {
  readonly directory: string
  /** The values file. */
  readonly values: string | undefined
  readonly log: Log
  /** Told once for each other content. */
  readonly changed: () => void
}

/** Quiet for so long, a change is taken for whole; one that goes on is looked at now and then. Milliseconds. */
const settleMs = 100
const longestMs = 1000
/** Folders that come while watching begins are found in the next round. */
const maxRounds = 8

export class PolicyWatch {
  readonly #watched: Watched
  readonly #reported = new Set<string>()
  #watchers: readonly FSWatcher[] = []
  #files: readonly string[] = []
  #seen: string
  #firstAt: number | undefined
  #cancel = () => {}

  constructor(watched: Watched) {
    this.#watched = watched
    this.#seen = this.#look()
  }

  /** Watches these too: the files that the policies name. */
  follow(files: readonly string[]): void {
    if (files.join('\0') === this.#files.join('\0')) return
    this.#files = files
    this.#soon()
  }

  close(): void {
    this.#cancel()
    this.#release()
    this.#cancel = () => {}
    this.#soon = () => {}
  }

  /** Watches first and reads then, so that what changes in between is told of. Watchers of folders that were replaced are deaf: all are made anew. */
  #look(): string {
    let [known, loaded] = ['', attemptLoad(this.#watched.directory)]
    for (let round = 0; round < maxRounds; round++) {
      const places = this.#places(loaded)
      const names = [...places.keys()].join('\0')
      if (names === known) break
      known = names
      this.#release()
      this.#watchers = Array.from(places, ([folder, place]) => this.#listen(folder, place)).flat()
      loaded = attemptLoad(this.#watched.directory)
    }
    return this.#fingerprint(loaded)
  }

  #places(loaded: Loaded | string): ReadonlyMap<string, Place> {
    const { directory, values } = this.#watched
    const places = new Places()
    for (const path of [directory, ...(values === undefined ? [] : [values]), ...this.#files]) places.trace(path)
    if (typeof loaded !== 'string') for (const folder of loaded.folders) places.cover(folder)
    return places.all
  }

  #listen(folder: string, place: Place): readonly FSWatcher[] {
    try {
      const watcher = watch(folder, { persistent: false }, (event, name) => {
        if (isOfInterest(place, event, name)) this.#soon()
      })
      return [watcher.on('error', () => this.#soon())]
    } catch (error) {
      if (place.isWhole && !this.#reported.has(folder)) {
        this.#reported.add(folder)
        this.#watched.log.warn({ folder }, `a folder is not watched, SIGHUP reloads: ${reasonOf(error)}`)
      }
      return []
    }
  }

  #release(): void {
    for (const watcher of this.#watchers) watcher.close()
    this.#watchers = []
  }

  #fingerprint(loaded: Loaded | string): string {
    const hash = createHash('sha256')
    if (typeof loaded === 'string') hash.update(loaded)
    else hash.update(`${loaded.digest}\0${JSON.stringify(loaded.diagnostics)}`)
    for (const path of [this.#watched.values, ...this.#files])
      if (path !== undefined) hash.update(`\0${path}\0`).update(contentOf(path))
    return hash.digest('hex')
  }

  #soon = (): void => {
    const now = performance.now()
    this.#firstAt ??= now
    this.#cancel()
    this.#cancel = unhurried(() => this.#check(), Math.max(0, Math.min(settleMs, this.#firstAt + longestMs - now)))
  }

  #check(): void {
    this.#firstAt = undefined
    const seen = this.#look()
    if (seen === this.#seen) return
    this.#seen = seen
    this.#watched.changed()
  }
}

/** What others write beside the policies, such as an audit log, is nobody's business here. */
function isOfInterest({ names, isWhole }: Place, event: string, name: string | null): boolean {
  if (name === null || names.has(name)) return true
  return isWhole && (event === 'rename' || isPolicyName(name))
}

function attemptLoad(directory: string): Loaded | string {
  try {
    return load(directory)
  } catch (error) {
    return reasonOf(error)
  }
}

function contentOf(path: string): Buffer | string {
  try {
    const content = readRegular(path)
    return content instanceof Unreadable ? content.message : content
  } catch (error) {
    return reasonOf(error)
  }
}
