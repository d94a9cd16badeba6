/** Creates files, all of them or none, and never in the place of others. */

import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { StartFault } from '../../core/start-fault.ts'
import { DirectoryFault } from '../../policy/load.ts'
import { reasonOf } from '../../policy/read-source.ts'

/** Name → text, in a folder that may be there, without policies. Throws `DirectoryFault` for what is in the way, `StartFault` where nothing can be written. */
export function createFiles(folder: string, files: ReadonlyMap<string, string>): void {
  refuseOthers(folder, [...files.keys()])
  const first = makeFolder(folder)
  const made: string[] = []
  try {
    for (const [name, text] of files) {
      const path = join(folder, name)
      writeFileSync(path, text, { flag: 'wx' })
      made.push(path)
    }
  } catch (error) {
    for (const path of made) rmSync(path)
    if (first !== undefined) rmSync(first, { recursive: true })
    throw explain(error, folder)
  }
}

/** A policy that is there already would be read together with ours. */
function refuseOthers(folder: string, names: readonly string[]): void {
  const blocking = list(folder).find((name) => names.includes(name) || /\.ya?ml$/.test(name))
  if (blocking !== undefined) throw inTheWay(join(folder, blocking))
}

const inTheWay = (path: string): DirectoryFault =>
  new DirectoryFault(`\`${path}\` is in the way: nothing is overwritten, so name another folder or move it`)

function list(folder: string): readonly string[] {
  try {
    if (!statSync(folder).isDirectory()) throw inTheWay(folder)
    return readdirSync(folder)
  } catch (error) {
    if (error instanceof DirectoryFault) throw error
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw explain(error, folder)
  }
}

/** The first folder that had to be made. One by one: `recursive` never ends where the system makes no folders, as in `/proc`. */
function makeFolder(folder: string): string | undefined {
  const missing: string[] = []
  for (let at = resolve(folder); !existsSync(at); at = dirname(at)) missing.unshift(at)
  try {
    for (const each of missing) mkdirSync(each)
    return missing[0]
  } catch (error) {
    throw explain(error, folder)
  }
}

function explain(error: unknown, folder: string): Error {
  const { code, path = folder } = error as NodeJS.ErrnoException
  if (code === 'EEXIST') return inTheWay(path)
  if (code === 'ENOTDIR') return inTheWay(dirname(path))
  return new StartFault(`cannot write \`${path}\`: ${reasonOf(error)}`)
}
