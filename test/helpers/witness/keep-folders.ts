/** Keeps, of the folders that a test removes, a copy of every file for the search at the end of the run. */

import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestRecord } from './record.ts'

/** Has all of this process make its temporary folders in the record's, and copies what is removed there. */
export function keepFolders({ folder }: TestRecord): void {
  const home = join(folder, 'tmp')
  process.env.TMPDIR = home
  let removed = 0
  const keep = (path: fs.PathLike, options?: fs.RmOptions): void => {
    const from = path instanceof URL ? fileURLToPath(path) : String(path)
    if (options?.recursive && isBelow(home, from)) copyFiles(from, join(folder, 'removed', String(++removed)))
  }
  const { rm, rmSync, promises } = fs
  const { rm: rmPromise } = promises
  fs.rmSync = (path, options) => {
    keep(path, options)
    rmSync(path, options)
  }
  promises.rm = async (path, options) => {
    keep(path, options)
    await rmPromise(path, options)
  }
  fs.rm = Object.assign((path: fs.PathLike, ...rest: readonly unknown[]) => {
    keep(path, typeof rest[0] === 'object' ? (rest[0] as fs.RmOptions) : undefined)
    return Reflect.apply(rm, fs, [path, ...rest])
  }, rm)
  syncBuiltinESMExports()
}

const isBelow = (home: string, path: string): boolean => !relative(home, path).startsWith('..') && path !== home

/** Plain files alone; one may vanish while it is looked at, as a server may still be at work. */
function copyFiles(from: string, to: string): void {
  for (const path of plainFiles(from)) {
    const copy = join(to, relative(dirname(from), path))
    fs.mkdirSync(dirname(copy), { recursive: true })
    unlessGone(() => fs.copyFileSync(path, copy))
  }
}

function plainFiles(path: string): readonly string[] {
  const stat = fs.lstatSync(path, { throwIfNoEntry: false })
  if (stat?.isFile()) return [path]
  if (!stat?.isDirectory()) return []
  return (unlessGone(() => fs.readdirSync(path)) ?? []).flatMap((name) => plainFiles(join(path, name)))
}

/** Tests of a full disk keep copies from being made, too. */
function unlessGone<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (['ENOENT', 'EFBIG'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}
