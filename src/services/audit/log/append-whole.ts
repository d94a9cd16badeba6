/** Adds to a small file whole, or not at all. */

import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncFolder } from './folder.ts'

/** Adds a text and waits until the disk has it; makes the file, for its owner alone, where there is none. */
export async function appendWhole(path: string, text: string): Promise<void> {
  const file = await open(path, 'a', 0o600)
  try {
    const { size } = await file.stat()
    if (size === 0) await file.chmod(0o600)
    await write(file, text, size)
    if (size === 0) await syncFolder(dirname(path))
  } finally {
    await file.close()
  }
}

/** What could not be written whole is taken away again. */
async function write(file: FileHandle, text: string, size: number): Promise<void> {
  try {
    await file.appendFile(text)
    await file.datasync()
  } catch (error) {
    await file.truncate(size)
    throw error
  }
}
