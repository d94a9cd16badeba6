/** Proves the logs of a directory, or names the first record of each that is wrong. */

import type { KeyObject } from 'node:crypto'
import { statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { headsName, keysName } from '../../services/audit/log/folder.ts'
import { logOf } from '../../services/audit/note.ts'
import { ExpectedHeads } from './expected-heads.ts'
import { firstLineOf, firstRecordOf, segmentPath } from './first-line.ts'
import type { GivenHead } from './given-heads.ts'
import { HeadKeys } from './head-keys.ts'
import { type LogFolder, readFolder, takeInventory } from './inventory.ts'
import { type LogReport, rangeOf, Tampering, Unreadable, type Verdict } from './report.ts'
import { Seen } from './seen.ts'
import type { Tell } from './segment-bytes.ts'
import { walkLog } from './walk-log.ts'

export interface Proof {
  /** Heads from elsewhere, of whatever logs. */
  readonly heads: readonly GivenHead[]
  /** With which every head must be signed; those that the log names, where there are none. */
  readonly keys: readonly KeyObject[]
  /** Told how many bytes have been read, of how many. */
  progress?(done: number, all: number): void
}

export interface Verification {
  readonly logs: readonly LogReport[]
  /** What is beside the logs and is none. */
  readonly notes: readonly string[]
}

/** One report a log; throws `Unreadable` where no log is there, and nothing says that one was. */
export async function verifyLogs(dir: string, proof: Proof): Promise<Verification> {
  const { logs: folders, foreign } = await takeInventory(dir)
  const isOne = folders[0]?.path === dir
  const all = folders.reduce((sum, folder) => sum + bytesOf(folder), 0)
  let done = 0
  const tell = (bytes: number): void => {
    done += bytes
    proof.progress?.(done, all)
  }
  const logs: LogReport[] = []
  for (const folder of folders)
    logs.push(await verifyLog(folder, isOne ? await idIn(folder) : folder.id, { proof, tell }))
  if (!isOne) logs.push(...missingLogs(dir, logs, proof.heads))
  if (logs.length === 0) throw new Unreadable(`no audit log is in \`${dir}\``)
  return { logs, notes: foreign.map((name) => `\`${join(dir, name)}\` is no log`) }
}

/** A folder that was moved away keeps its log's name in its records. */
async function idIn(folder: LogFolder): Promise<string> {
  const [first] = folder.segments
  const line = first && (await firstLineOf(folder.path, first).catch(() => undefined))
  return /^\{"v":\d+,"log":"([a-z0-9.-]{1,255})",/.exec(line ?? '')?.[1] ?? folder.id
}

interface Reading {
  readonly proof: Proof
  readonly tell: Tell
}

const tries = 5

/** A log may be written while it is read: where files were packed or removed meanwhile, it is read again. */
async function verifyLog(folder: LogFolder, log: string, reading: Reading): Promise<LogReport> {
  for (let left = tries; ; left--) {
    try {
      return await tryLog(left === tries ? folder : await readFolder(folder.path), log, reading)
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (code === 'ENOENT' && left > 1) continue
      return { ...summary(folder, log, new Seen()), verdict: 'unreadable', reason: message }
    }
  }
}

async function tryLog(folder: LogFolder, log: string, { proof, tell }: Reading): Promise<LogReport> {
  const seen = new Seen()
  const keys = new HeadKeys(proof.keys)
  try {
    await learnKeys(folder, keys)
    const expected = new ExpectedHeads(log, proof.heads, keys)
    await walkLog({ log, folder, expected, keys, tell }, seen)
    const { given, beforeStart } = expected.countGiven(seen.start)
    const heads = { own: seen.ownHeads, given, beforeStart }
    return { ...summary(folder, log, seen), ...judge(seen, expected), heads, keys: keys.used }
  } catch (error) {
    if (!(error instanceof Tampering)) throw error
    return {
      ...summary(folder, log, seen),
      verdict: 'tampered',
      reason: error.message,
      place: error.place,
      keys: keys.used,
    }
  }
}

/** Heads are judged by any key that signed, so all must be known before the first record is read. */
async function learnKeys({ path, hasKeys, segments }: LogFolder, keys: HeadKeys): Promise<void> {
  if (!hasKeys) {
    for (const segment of segments) keys.learn((await firstRecordOf(path, segment))?.vkey ?? '')
    return
  }
  const file = join(path, keysName)
  const lines = (await readFile(file, 'utf8')).split('\n')
  const wrong = lines.findIndex((line, index) => (index < lines.length - 1 ? !keys.learn(line) : line !== ''))
  if (wrong !== -1) throw new Tampering({ file, line: wrong + 1 }, 'is no verifier key')
}

/** Only heads from elsewhere tell a log from an older copy of itself, so nothing less proves its end. */
function judge(
  seen: Seen,
  { provenByGiven, largestGiven }: ExpectedHeads,
): { readonly verdict: Verdict; readonly reason?: string } {
  const unproven = (reason: string) => ({ verdict: 'unproven' as const, reason })
  if (seen.torn !== undefined) return unproven(`\`${seen.torn}\` has a torn end, as a crash leaves it`)
  if (largestGiven.size === 0) return unproven('no head from elsewhere says where it ends')
  if (provenByGiven < seen.size)
    return unproven(
      provenByGiven > seen.start
        ? `no head from elsewhere covers ${rangeOf(provenByGiven + 1, seen.size)}, the last that does is at ${provenByGiven}`
        : `no head from elsewhere covers ${rangeOf(seen.start + 1, seen.size)}`,
    )
  return { verdict: 'whole' }
}

const noHeads = { own: 0, given: 0, beforeStart: 0 }

function summary(folder: LogFolder, log: string, { start, size, from, to }: Seen): Omit<LogReport, 'verdict'> {
  return {
    log,
    path: folder.path,
    records: size - start,
    ...(size > start && { first: start + 1, last: size }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    heads: noHeads,
    keys: [],
    notes: notesOf(folder, log),
  }
}

function notesOf({ id, path, segments, headsOnly, hasKeys, foreign }: LogFolder, log: string): readonly string[] {
  return [
    ...(id === log ? [] : [`the folder \`${id}\` holds the log \`${log}\``]),
    ...(segments.length === 0 ? ['it holds no record'] : []),
    ...(segments.length > 0 && !hasKeys ? [`\`${join(path, keysName)}\` is not there`] : []),
    ...headsOnly.map((number) => `\`${join(path, headsName(number))}\` is about records that were removed`),
    ...foreign.map((name) => `\`${join(path, name)}\` is no file of a log`),
  ]
}

/** A log that heads are about, and whose folder is gone. */
function missingLogs(dir: string, logs: readonly LogReport[], heads: readonly GivenHead[]): readonly LogReport[] {
  const missing = new Map(heads.map((given) => [logOf(given.head.origin) ?? '', given]))
  for (const { log } of logs) missing.delete(log)
  return [...missing].map(([log, { from }]) => {
    const path = join(dir, log)
    const reason = `the whole log is missing: heads of it are in \`${from}\``
    return {
      log,
      path,
      verdict: 'tampered',
      reason,
      place: { file: path },
      records: 0,
      heads: noHeads,
      keys: [],
      notes: [],
    }
  })
}

function bytesOf({ path, segments }: LogFolder): number {
  const files = segments.map((segment) => segmentPath(path, segment))
  return files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0)
}
