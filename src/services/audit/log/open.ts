/** Opens a log to write: the first of this host's that nobody writes, or a new one. */

import { createPublicKey } from 'node:crypto'
import { join } from 'node:path'
import { StartFault } from '../../../core/start-fault.ts'
import { originOf, vkeyOf } from '../note.ts'
import type { AuditLog, AuditLogOptions } from './audit-log.ts'
import { type Claim, claim } from './claim.ts'
import { Journal, type JournalPlace } from './journal.ts'
import { keepKey } from './key-file.ts'
import { ownEntry, writeBody } from './own-entry.ts'
import { recover } from './recover.ts'
import { Writer } from './writer.ts'

/** Rejects with a `StartFault` where no log can be written, or the one that is there does not hold. */
export async function openAuditLog(options: AuditLogOptions): Promise<AuditLog> {
  const claimed = await claim(options)
  const folder = join(options.dir, claimed.id)
  try {
    return await start(options, claimed, folder)
  } catch (error) {
    claimed.lock.release()
    if (error instanceof StartFault) throw error
    throw new StartFault(`the audit log \`${folder}\` cannot be opened: ${(error as Error).message}`)
  }
}

async function start(options: AuditLogOptions, { id, lock }: Claim, folder: string): Promise<AuditLog> {
  const { clock, fsync, key, publish } = options
  const copy = copying(options)
  const vkey = vkeyOf(originOf(id), createPublicKey(key))
  const place: JournalPlace = { folder, fsync, key, vkey, now: () => clock.now(), publish, copy }
  const { state, notes, isOfOtherKey } = await recover(place, id)
  const journal = new Journal(place, state)
  try {
    // Before the key signs: a head that has left must not be of one that the log does not name.
    await keepKey(folder, vkey)
    if (isOfOtherKey) await journal.rotate()
    await journal.append([...notes, ownEntry('audit.started')].map((entry) => writeBody(entry, clock.now())))
    return new Writer(options, { id, vkey, folder, journal, lock })
  } catch (error) {
    await journal.close()
    throw error
  }
}

/** What a copy throws is a bug of its own, and holds up no record. */
function copying({ copy, log }: AuditLogOptions): JournalPlace['copy'] {
  if (copy === undefined) return () => {}
  return (lines) => {
    try {
      for (const line of lines) copy(line)
    } catch (error) {
      log.error({ err: error }, 'audit records cannot be copied')
    }
  }
}
