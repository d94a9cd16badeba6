/** Seals every sensitive column with the current key, in small batches, while others read and write. */

import type { Database } from '../../database/database.ts'
import { FieldFault, type KeyRing } from './key-ring.ts'
import { type SealedColumn, sealedColumns } from './sealed-columns.ts'

export interface Rotation {
  /** Values that are sealed with the current key now, and were not. */
  readonly sealed: number
  /** What keeps an older key from being taken out of the ring; a value that nobody can open stays as it is. */
  readonly faults: readonly FieldFault[]
}

export interface RotationOptions {
  readonly batch?: number
  /** Told after each batch. */
  progress?(sealed: number): void
}

interface Row {
  readonly key: string
  readonly value: string
}

/**
 * It begins where an earlier one was interrupted, and two at a time do no harm. Nodes that still seal with an older key
 * leave work for the next one.
 */
export async function rotateFields(
  database: Database,
  ring: KeyRing,
  options: RotationOptions = {},
): Promise<Rotation> {
  const faults: FieldFault[] = []
  let sealed = 0
  for (const column of sealedColumns)
    for await (const rows of batchesOf(database, { column, ring, batch: options.batch ?? 200 })) {
      for (const row of rows) if (await reseal(database, { column, row, ring }, faults)) sealed++
      options.progress?.(sealed)
    }
  return { sealed, faults }
}

interface Walk {
  readonly column: SealedColumn
  readonly ring: KeyRing
  readonly batch: number
}

/** Rows that another key has sealed, in the order of their keys. */
async function* batchesOf(database: Database, { column: { table, column, key }, ring, batch }: Walk) {
  const sql =
    `select ${key} as key, ${column} as value from ${table} ` +
    `where ${key} > $1 and ${column} is not null and substr(${column}, 1, $2) <> $3 order by ${key} limit $4`
  for (let after = ''; ; ) {
    const values = [after, ring.currentPrefix.length, ring.currentPrefix, batch]
    const rows = await database.query<Row>(sql, values)
    if (rows.length > 0) yield rows
    if (rows.length < batch) return
    after = rows.at(-1)?.key ?? after
  }
}

interface Found {
  readonly column: SealedColumn
  readonly row: Row
  readonly ring: KeyRing
}

/** False where it was changed meanwhile, or cannot be opened. */
async function reseal(database: Database, { column: place, row, ring }: Found, faults: FieldFault[]): Promise<boolean> {
  const { table, column, key } = place
  try {
    const at = { table, column, row: row.key }
    const changed = await database.query(
      `update ${table} set ${column} = $1 where ${key} = $2 and ${column} = $3 returning ${key}`,
      [ring.seal(ring.open(row.value, at), at), row.key, row.value],
    )
    return changed.length === 1
  } catch (error) {
    if (!(error instanceof FieldFault)) throw error
    faults.push(error)
    return false
  }
}
