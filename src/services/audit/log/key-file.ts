/** The public keys that signed here, for those who have none from elsewhere: a convenience, never proof. */

import { readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { appendWhole } from './append-whole.ts'
import { keysName, syncFolder } from './folder.ts'

/** Replaces the file: half a key, as a power cut leaves it, would read as one that was tampered with. */
export async function keepKey(folder: string, vkey: string): Promise<void> {
  const path = join(folder, keysName)
  const known = await readFile(path, 'utf8').catch(ignoreMissing)
  if (known.split('\n').includes(vkey)) return
  const draft = `${path}.tmp`
  await rm(draft, { force: true })
  await appendWhole(draft, `${known}${vkey}\n`)
  await rename(draft, path)
  await syncFolder(folder)
}

function ignoreMissing(error: NodeJS.ErrnoException): string {
  if (error.code !== 'ENOENT') throw error
  return ''
}
