/** The public keys that signed here, for those who have none from elsewhere: a convenience, never proof. */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { appendWhole } from './append-whole.ts'
import { keysName } from './folder.ts'

export async function keepKey(folder: string, vkey: string): Promise<void> {
  const path = join(folder, keysName)
  const known = await readFile(path, 'utf8').catch(() => '')
  if (!known.split('\n').includes(vkey)) await appendWhole(path, `${vkey}\n`)
}
