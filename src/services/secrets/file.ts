/** Secrets in a folder, one file a secret, as orchestrators mount them. */

import { isUtf8 } from 'node:buffer'
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Secrets } from './secrets.ts'

const maxBytes = 65_536
/** A name is one file of the folder, never a path, and never hidden. */
const namePattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/

/** Reads secrets from this folder; one newline at the end is not part of a secret. */
export const fileSecrets = (folder: string): Secrets => ({
  async read(name) {
    if (!namePattern.test(name))
      throw new Error(
        `the secret name \`${name}\` is not the name of a file: use letters, digits, \`-\`, \`_\` and \`.\``,
      )
    const path = join(folder, name)
    const bytes = await readWhole(path).catch((error: NodeJS.ErrnoException) => {
      throw new Error(
        `the secret \`${name}\` cannot be read: ${error.code === 'ENOENT' ? `put it into \`${path}\`` : error.message}`,
      )
    })
    const text = isUtf8(bytes) ? bytes.toString('utf8').replace(/\r?\n$/, '') : ''
    if (text === '') throw new Error(`the secret \`${name}\` is empty or not UTF-8 text: see \`${path}\``)
    return text
  },
})

async function readWhole(path: string): Promise<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    await expectSmallFile(file)
    return await file.readFile()
  } finally {
    await file.close()
  }
}

async function expectSmallFile(file: FileHandle): Promise<void> {
  const stats = await file.stat()
  if (!stats.isFile()) throw new Error('it is not a file')
  if (stats.size > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`)
}
