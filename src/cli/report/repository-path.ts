/** Paths as a code host knows them: from the top of the repository, wherever in it the command runs. */

import { existsSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'

/** Relative to the repository's top, or to the working directory outside of one; absolute where it lies elsewhere. */
export function repositoryPath(file: string): string {
  const path = resolve(file)
  const below = relative(topOf(process.cwd()), path)
  const isOutside = below === '..' || below.startsWith(`..${sep}`) || isAbsolute(below)
  return (isOutside ? path : below || '.').split(sep).join('/')
}

/** By working directory: a report asks for every finding. */
const tops = new Map<string, string>()

function topOf(folder: string): string {
  const top = tops.get(folder) ?? findTop(folder)
  tops.set(folder, top)
  return top
}

/** The nearest folder upwards that holds `.git`: a folder in a clone, a file in a worktree. */
function findTop(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at
    if (at === dirname(at)) return folder
  }
}
