/** A secret file that this machine makes for itself at first use, and that nobody else may read. */

import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, link, mkdir, open, unlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { StartFault } from '../../core/start-fault.ts'

/** The text of the file; where there is none, what `make` gives is written first, mode 0600. Throws `StartFault`. */
export async function readOwnFile(path: string, make: () => string): Promise<string> {
  return (await read(path)) ?? (await write(path, make))
}

async function read(path: string): Promise<string | undefined> {
  const file = await openOwn(path)
  if (file === undefined) return undefined
  try {
    const { mode } = await file.stat()
    if ((mode & 0o077) !== 0)
      throw new StartFault(
        `\`${path}\` can be read by others: run \`chmod 600 ${path}\`, or delete it, and a new one is made`,
      )
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

async function openOwn(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new StartFault(`\`${path}\` cannot be read: ${(error as Error).message}`)
  }
}

/** A link appears whole or not at all, and only one process can make it: the others read what that one made. */
async function write(path: string, make: () => string): Promise<string> {
  const folder = dirname(path)
  const draft = join(folder, `.${basename(path)}-${randomUUID()}`)
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await writeFile(draft, make(), { mode: 0o600, flag: 'wx' })
    await link(draft, path)
      .catch(ignoreExisting)
      .finally(() => unlink(draft))
  } catch (error) {
    throw new StartFault(`\`${path}\` could not be made: ${(error as Error).message}`)
  }
  return (await read(path)) ?? ''
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}
