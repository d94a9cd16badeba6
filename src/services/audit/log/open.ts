/** Opens a log to write: the first of this host's that nobody writes, or a new one. */

import { createPublicKey, randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { StartFault } from '../../../core/start-fault.ts'
import { originOf, vkeyOf } from '../note.ts'
import type { AuditLog, AuditLogOptions } from './audit-log.ts'
import { lockName, makeFolder } from './folder.ts'
import { Journal, type JournalPlace } from './journal.ts'
import { keepKey } from './key-file.ts'
import { type Lock, takeLock } from './lock.ts'
import { ownEntry, writeBody } from './own-entry.ts'
import { recover } from './recover.ts'
import { Writer } from './writer.ts'

export async function openAuditLog(options: AuditLogOptions): Promise<AuditLog> {
  const { id, lock } = await claim(options)
  try {
    const place = placeOf(options, id)
    const { state, notes } = await recover(place, id)
    const journal = new Journal(place, state)
    await journal.append([...notes, ownEntry('audit.started')].map((entry) => writeBody(entry, options.clock.now())))
    await keepKey(place.folder, place.vkey)
    return new Writer(options, { id, vkey: place.vkey, journal, lock })
  } catch (error) {
    lock.release()
    throw error instanceof StartFault
      ? error
      : new StartFault(`the audit log \`${join(options.dir, id)}\` cannot be opened: ${(error as Error).message}`)
  }
}

const placeOf = ({ dir, fsync, key, clock, publish }: AuditLogOptions, id: string): JournalPlace => ({
  folder: join(dir, id),
  fsync,
  key,
  vkey: vkeyOf(originOf(id), createPublicKey(key)),
  now: () => clock.now(),
  publish,
})

interface Claim {
  readonly id: string
  readonly lock: Lock
}

async function claim({ dir, host }: AuditLogOptions): Promise<Claim> {
  const name = cleanHost(host)
  try {
    await makeFolder(dir)
    for (const id of await logsOf(dir, name)) {
      const lock = takeLock(join(dir, id, lockName))
      if (lock !== undefined) return { id, lock }
    }
    return await claimNew(dir, `${name}-${randomBytes(4).toString('hex')}`)
  } catch (error) {
    throw new StartFault(`no audit log can be written in \`${dir}\`: ${(error as Error).message}`)
  }
}

async function claimNew(dir: string, id: string): Promise<Claim> {
  await makeFolder(join(dir, id))
  const lock = takeLock(join(dir, id, lockName))
  if (lock === undefined) throw new Error(`\`${id}\`, just made, is written by another`)
  return { id, lock }
}

const cleanHost = (host: string): string =>
  host
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 200) || 'host'

async function logsOf(dir: string, host: string): Promise<readonly string[]> {
  const entries = await readdir(dir, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  return names.filter((name) => name.slice(0, -9) === host && /^-[0-9a-f]{8}$/.test(name.slice(-9))).sort()
}
