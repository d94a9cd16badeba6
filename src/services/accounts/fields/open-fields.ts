/** The sensitive columns of one database, with the key by which they are looked up. */

import { randomBytes } from 'node:crypto'
import { StartFault } from '../../../core/start-fault.ts'
import type { Database } from '../../database/database.ts'
import { type BlindIndex, createBlindIndex } from './blind-index.ts'
import { FieldFault, type KeyRing, type Place } from './key-ring.ts'

export interface Fields {
  readonly ring: KeyRing
  readonly index: BlindIndex
}

const place: Place = { table: 'portcullis_index_roots', column: 'root', row: 'first' }

/**
 * The root of the look-ups is random, made once for a database, and sealed in it like any other field: field keys change
 * without it. Throws `StartFault` where the ring is not that of the database.
 */
export async function openFields(database: Database, ring: KeyRing): Promise<Fields> {
  const made = ring.seal(randomBytes(32).toString('base64url'), place)
  await database.query('insert into portcullis_index_roots (id, root) values ($1, $2) on conflict (id) do nothing', [
    place.row,
    made,
  ])
  const [row] = await database.query<{ readonly root: string }>(
    'select root from portcullis_index_roots where id = $1',
    [place.row],
  )
  return { ring, index: createBlindIndex(openRoot(ring, row?.root ?? '')) }
}

function openRoot(ring: KeyRing, sealed: string): Buffer {
  try {
    return Buffer.from(ring.open(sealed, place), 'base64url')
  } catch (error) {
    if (!(error instanceof FieldFault)) throw error
    const hint = 'add the key that sealed it to `fieldKeys` (that of data/field-key as `base64:` and its text)'
    throw new StartFault(`the field keys are not those of the database: ${error.message}: ${hint}`, { cause: error })
  }
}

/** What may be absent is absent when sealed. */
export const sealOptional = ({ ring }: Fields, text: string | undefined, at: Place): string | null =>
  text === undefined ? null : ring.seal(text, at)

export const openOptional = ({ ring }: Fields, sealed: string | null, at: Place): string | undefined =>
  sealed === null ? undefined : ring.open(sealed, at)
