/** A segment that is there both packed and not: its writer was stopped between the two, and the bytes are the same. */

import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { packedName, plainName } from '../../services/audit/log/folder.ts'
import { Tampering } from './report.ts'
import { readSegment } from './segment-bytes.ts'

/** Throws `Tampering` where they differ. */
export async function samePacked(folder: string, number: number): Promise<void> {
  const packed = join(folder, packedName(number))
  const [one, other] = await Promise.all([digest(join(folder, plainName(number))), digest(packed)])
  if (one !== other) throw new Tampering({ file: packed }, `holds other bytes than \`${plainName(number)}\` beside it`)
}

async function digest(path: string): Promise<string> {
  const sum = createHash('sha256')
  for await (const chunk of readSegment(path, () => {})) sum.update(chunk)
  return sum.digest('hex')
}
