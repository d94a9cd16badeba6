/** The file of the embedded database, which nobody else may read. */

import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { StartFault } from '../../../core/start-fault.ts'

/** Makes folder and file where there are none; what SQLite lays beside the file takes its mode. Throws `StartFault`. */
export async function prepareFile(path: string): Promise<void> {
  const mode = await modeOf(path)
  if ((mode & 0o077) !== 0)
    throw new StartFault(`\`${path}\` can be read by others: run \`chmod 600 ${path}\`, and start again`)
}

async function modeOf(path: string): Promise<number> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const file = await open(path, 'a+', 0o600)
    try {
      return (await file.stat()).mode
    } finally {
      await file.close()
    }
  } catch (error) {
    throw new StartFault(`the database \`${path}\` cannot be used: ${(error as Error).message}`)
  }
}
