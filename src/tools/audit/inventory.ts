/** Finds the logs of a directory, and the files of each. */

import { type Dirent, existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { keysName, listSegments, lockName, type SegmentFiles } from '../../services/audit/log/folder.ts'
import { Unreadable } from './report.ts'

/** One log on disk. */
export interface LogFolder {
  /** As its folder is named. */
  readonly id: string
  readonly path: string
  /** Those with records, first to last. */
  readonly segments: readonly SegmentFiles[]
  /** Numbers of segments whose heads are there, but not their records. */
  readonly headsOnly: readonly number[]
  readonly hasKeys: boolean
  /** Names that a log has no use for. */
  readonly foreign: readonly string[]
}

export interface Inventory {
  readonly logs: readonly LogFolder[]
  /** Names beside the logs that are none. */
  readonly foreign: readonly string[]
}

const idPattern = /^[a-z0-9.-]+-[0-9a-f]{8}$/
const filePattern = /^\d{8,15}\.(jsonl|jsonl\.gz|heads|jsonl\.gz\.tmp)$/

/** All logs below a directory, or the one that it is. */
export async function takeInventory(dir: string): Promise<Inventory> {
  const entries = await list(dir)
  if (entries.some(({ name }) => filePattern.test(name) || name === keysName))
    return { logs: [await readFolder(dir)], foreign: [] }
  const isLog = (entry: Dirent): boolean => entry.isDirectory() && idPattern.test(entry.name)
  const folders = entries.filter(isLog).map(({ name }) => join(dir, name))
  return {
    logs: await Promise.all(folders.sort().map(readFolder)),
    foreign: entries.filter((entry) => !isLog(entry)).map(({ name }) => name),
  }
}

/** The files of one log, as they are now. */
export async function readFolder(path: string): Promise<LogFolder> {
  const entries = await list(path)
  const isOurs = (entry: Dirent): boolean =>
    entry.isFile() && (filePattern.test(entry.name) || entry.name === keysName || isLock(entry.name))
  const foreign = entries.filter((entry) => !isOurs(entry)).map(({ name }) => name)
  const odd = foreign.find((name) => filePattern.test(name))
  if (odd !== undefined) throw new Unreadable(`\`${join(path, odd)}\` is not a regular file`)
  const all = await listSegments(path)
  return {
    id: basename(resolve(path)),
    path,
    segments: all.filter(({ plain, packed }) => plain || packed),
    headsOnly: all.filter(({ plain, packed, heads }) => heads && !plain && !packed).map(({ number }) => number),
    hasKeys: existsSync(join(path, keysName)),
    foreign,
  }
}

/** The lock is a SQLite file, which may have a journal beside it. */
const isLock = (name: string): boolean => name === lockName || name.startsWith(`${lockName}-`)

async function list(path: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true })
  } catch (error) {
    throw new Unreadable(`cannot read the directory \`${path}\`: ${(error as Error).message}`)
  }
}
