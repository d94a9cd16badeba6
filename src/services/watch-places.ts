/** Which folders have to be watched, and for what, to learn of every change of some files and folders. */

import { type Dirent, readdirSync, readlinkSync, realpathSync } from 'node:fs'
import { join, parse, resolve, sep } from 'node:path'

/** What is of interest in a folder. */
export interface Place {
  readonly names: Set<string>
  /** Whatever comes and goes, not only the names. */
  isWhole: boolean
}

/** Links may be this long a chain, as in Linux. */
const maxLinks = 40

export class Places {
  /** By the folder's real path. */
  readonly all = new Map<string, Place>()

  /** Every step of a path, links included: whoever replaces one of them replaces what the path leads to. */
  trace(path: string, links = 0): void {
    const { root } = parse(resolve(path))
    let folder = root
    for (const name of resolve(path).slice(root.length).split(sep).filter(Boolean)) {
      this.#place(folder).names.add(name)
      const target = attempt(() => readlinkSync(join(folder, name)))
      if (target !== undefined && links < maxLinks) this.trace(resolve(folder, target), links + 1)
      const next = attempt(() => realpathSync(join(folder, name)))
      if (next === undefined) return
      folder = next
    }
  }

  /** A folder, and where the links in it lead. */
  cover(folder: string): void {
    this.#place(folder).isWhole = true
    const entries = attempt(() => readdirSync(folder, { withFileTypes: true })) ?? []
    for (const entry of entries) if (isFollowed(entry)) this.trace(join(folder, entry.name))
  }

  #place(folder: string): Place {
    const place = this.all.get(folder) ?? { names: new Set<string>(), isWhole: false }
    this.all.set(folder, place)
    return place
  }
}

const isFollowed = (entry: Dirent): boolean => entry.isSymbolicLink() && !entry.name.startsWith('.')

function attempt<T>(act: () => T): T | undefined {
  try {
    return act()
  } catch {
    return undefined
  }
}
